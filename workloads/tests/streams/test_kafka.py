from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from lakehouse_jobs import kafka
from lakehouse_jobs.exceptions import ConfigurationError
from lakehouse_jobs.kafka import consumer_group, load_brokers, parse_brokers
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.runtime import Runtime
from support.kafka import KafkaServer

ARN = "arn:aws:kafka:us-east-1:000000000000:cluster/lake/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-2"
RUNTIME = Runtime("dev", {}, {}, {}, ARN)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    client: Any = boto3.client("kafka", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(boto3, "client", {"kafka": client}.__getitem__)
    stubber = Stubber(client)
    stubber.activate()
    return stubber


def test_brokers_are_asked_of_the_cluster_of_the_runtime_parameter(stub: Stubber) -> None:
    stub.add_response("get_bootstrap_brokers", {"BootstrapBrokerString": "127.0.0.1:9092"}, {"ClusterArn": ARN})

    brokers = load_brokers(RUNTIME, RetryPolicy())

    assert brokers.settings == {"bootstrap.servers": "127.0.0.1:9092", "security.protocol": "PLAINTEXT"}


def test_clients_sign_in_with_iam_where_the_cluster_offers_it() -> None:
    brokers = parse_brokers({"BootstrapBrokerString": "b-1:9092", "BootstrapBrokerStringSaslIam": "b-1:9098"}, ARN)

    assert brokers.settings == {
        "bootstrap.servers": "b-1:9098",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "AWS_MSK_IAM",
        "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    }
    assert brokers.options.items() >= {f"kafka.{name}": value for name, value in brokers.settings.items()}.items()


def test_brokers_answer_at_once_where_a_partition_ends() -> None:
    brokers = parse_brokers({"BootstrapBrokerString": "b-1:9092"}, ARN)

    # by default a batch that reads up to the end waits for half a second
    assert int(brokers.options["kafka.fetch.max.wait.ms"]) <= 10


def test_jars_of_the_application_hold_the_sign_in_with_iam(
    spark: SparkSession, broker: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "_ANSWER_SECONDS", 1)
    brokers = parse_brokers({"BootstrapBrokerStringSaslIam": broker.brokers.bootstrap}, ARN)

    # a client that cannot load the login module or its handler is refused when it is made; this one gets to the broker,
    # which wants no TLS, and so nowhere
    with consumer_group(spark, brokers, "lakehouse-none") as group:  # noqa: SIM117
        with pytest.raises(Py4JJavaError, match="TimeoutException"):
            group.commit({("none", 0): 1})


def test_fails_when_the_cluster_offers_no_known_way_to_sign_in() -> None:
    with pytest.raises(
        ConfigurationError, match=r"must let clients sign in with IAM, got \"BootstrapBrokerStringTls\""
    ):
        parse_brokers({"BootstrapBrokerStringTls": "b-1:9094", "ResponseMetadata": {}}, ARN)


def test_fails_when_the_environment_has_no_cluster() -> None:
    with pytest.raises(ConfigurationError, match=r"'kafka.clusterArn' must name a Kafka cluster, .*config of 'dev'"):
        load_brokers(replace(RUNTIME, kafka_cluster_arn=None), RetryPolicy())
