from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lakehouse_jobs.exceptions import ConfigurationError
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.runtime import Runtime, load_credentials, load_runtime, parse_credentials, parse_runtime

DOCUMENT: dict[str, Any] = {
    "version": 1,
    "environment": "dev",
    "databases": {"bronze": "lakehouse_dev_bronze", "silver": "lakehouse_dev_silver", "gold": "lakehouse_dev_gold"},
    "buckets": {"landing": "landing-1", "artifacts": "artifacts-1"},
    "sources": {"nycflights": {"secretId": "lakehouse/dev/sources/nycflights"}},
}
SECRET = {
    "engine": "postgres",
    "host": "db",
    "port": 5432,
    "dbname": "nycflights",
    "username": "u",
    "password": "hidden",
}


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Stubber]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients = {"ssm": boto3.client("ssm"), "secretsmanager": boto3.client("secretsmanager")}
    stubs = {name: Stubber(client) for name, client in clients.items()}
    for stub in stubs.values():
        stub.activate()
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    return stubs


def test_runtime_parameter_names_databases_buckets_and_secrets(stubbed: dict[str, Stubber]) -> None:
    answer = {"Parameter": {"Value": json.dumps(DOCUMENT)}}
    stubbed["ssm"].add_response("get_parameter", answer, {"Name": "/lakehouse/dev/runtime"})

    found = load_runtime("dev", RetryPolicy())

    assert found.databases["silver"] == "lakehouse_dev_silver"
    assert found.bucket_uri("landing") == "s3://landing-1"
    assert found.secrets == {"nycflights": "lakehouse/dev/sources/nycflights"}
    assert found.kafka_cluster_arn is None


def test_runtime_parameter_names_the_kafka_cluster_where_there_is_one() -> None:
    found = parse_runtime({**DOCUMENT, "kafka": {"clusterArn": "arn:aws:kafka:::cluster/lake/1"}}, "x")

    assert found.kafka_cluster_arn == "arn:aws:kafka:::cluster/lake/1"


def test_fails_when_the_environment_is_not_deployed(stubbed: dict[str, Stubber]) -> None:
    stubbed["ssm"].add_client_error("get_parameter", "ParameterNotFound")

    with pytest.raises(ConfigurationError, match=r"'/lakehouse/dev/runtime' must exist, .*deploy the stack"):
        load_runtime("dev", RetryPolicy())


def test_fails_when_the_parameter_is_of_another_version(stubbed: dict[str, Stubber]) -> None:
    stubbed["ssm"].add_response("get_parameter", {"Parameter": {"Value": json.dumps({**DOCUMENT, "version": 2})}})

    with pytest.raises(ConfigurationError, match="must have version 1, got 2"):
        load_runtime("dev", RetryPolicy())


def test_fails_when_the_parameter_lacks_a_part() -> None:
    with pytest.raises(ConfigurationError, match=r"no databases.bronze, databases.silver, buckets.artifacts"):
        parse_runtime({**DOCUMENT, "databases": {}, "buckets": {"landing": "l"}}, "/lakehouse/dev/runtime")


def test_credentials_come_from_the_secret_and_hide_the_password(stubbed: dict[str, Stubber]) -> None:
    stubbed["secretsmanager"].add_response("get_secret_value", {"SecretString": json.dumps(SECRET)})
    known = parse_runtime(DOCUMENT, "x")

    credentials = load_credentials(known, "nycflights", RetryPolicy())

    assert credentials.url == "jdbc:postgresql://db:5432/nycflights"
    assert "hidden" not in repr(credentials)


def test_text_of_a_malformed_secret_is_never_shown(stubbed: dict[str, Stubber]) -> None:
    stubbed["secretsmanager"].add_response("get_secret_value", {"SecretString": "hidden"})

    with pytest.raises(ConfigurationError) as caught:
        load_credentials(parse_runtime(DOCUMENT, "x"), "nycflights", RetryPolicy())

    assert "hidden" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_fails_when_the_source_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match=r"'source' must be one of nycflights, got \"nyc\""):
        load_credentials(parse_runtime(DOCUMENT, "x"), "nyc", RetryPolicy())


def test_fails_when_the_secret_is_incomplete_or_of_another_engine() -> None:
    with pytest.raises(ConfigurationError, match="no host, password"):
        parse_credentials({**SECRET, "host": "", "password": None}, "s")
    with pytest.raises(ConfigurationError, match='must be postgres, got "mysql"'):
        parse_credentials({**SECRET, "engine": "mysql"}, "s")


def test_bucket_uri_is_of_s3() -> None:
    assert Runtime("dev", {}, {"artifacts": "a"}, {}).bucket_uri("artifacts") == "s3://a"
