"""Kafka as a stream meets it: how to reach the brokers, and how far a consumer group has come.

MSK tells the addresses of each way to sign in that a cluster has. The way is chosen by what the answer holds, so a
job knows nothing of where it runs: https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-bootstrap-brokers.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.failures import java_causes
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.runtime import Runtime

_IAM: Mapping[str, str] = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "AWS_MSK_IAM",
    "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
}
_ANSWER_SECONDS = 10
_NO_TOPIC = "UnknownTopicOrPartitionException"
_PATIENCE: Mapping[str, str] = {
    "kafka.request.timeout.ms": "10000",
    "kafka.default.api.timeout.ms": "15000",
    "fetchOffset.numRetries": "12",
    "fetchOffset.retryIntervalMs": "1000",
}
"""How long Spark waits for offsets. A question that waits for a broker that is gone is asked anew only when its time is
over, and then goes to the broker that leads now: by Kafka's default after a minute, in which the stream stands. Spark
would ask three times; all the attempts together wait as long as those do.
"""
_PROMPTNESS: Mapping[str, str] = {"kafka.fetch.max.wait.ms": "10"}
"""How long the brokers hold a question for records that are not there yet. Spark reads what it knows to be there, but
when it has the last of it, its consumer has asked for more, and what Spark asks then, where the partition ends, is
answered after that: by Kafka's default each batch that reads up to the end stands still for half a second.
Source: `InternalKafkaConsumer.fetch` of spark-sql-kafka-0-10.
"""


@dataclass(frozen=True)
class Brokers:
    """The addresses that clients begin with, and the settings they sign in by."""

    bootstrap: str
    security: Mapping[str, str]

    @property
    def settings(self) -> dict[str, str]:
        """A client's settings, by Kafka's own names."""
        return {"bootstrap.servers": self.bootstrap, **self.security}

    @property
    def options(self) -> dict[str, str]:
        """The same as options of Spark's source `kafka`, with its patience."""
        return {**{f"kafka.{name}": value for name, value in self.settings.items()}, **_PATIENCE, **_PROMPTNESS}


def group_of(dataset: str) -> str:
    """The consumer group of a dataset's stream; names that Spark makes up for its own consumers begin with it."""
    return f"lakehouse-{dataset}"


def load_brokers(runtime: Runtime, retry: RetryPolicy) -> Brokers:
    """Ask MSK for the brokers of the environment's cluster.

    :raises ConfigurationError: the environment has no cluster, or one that offers no known way to sign in.
    """
    arn = runtime.kafka_cluster_arn
    if arn is None:
        must, remedy = "name a Kafka cluster", f"add 'kafka' to the config of '{runtime.environment}' and deploy it"
        raise ConfigurationError(problem("kafka.clusterArn", must, "nothing", remedy))
    client: Any = boto3.client("kafka")
    answer = retry.run("find the brokers", lambda: client.get_bootstrap_brokers(ClusterArn=arn))
    return parse_brokers(answer, arn)


def parse_brokers(answer: Mapping[str, Any], name: str) -> Brokers:
    """Build `Brokers` from MSK's answer: sign-in by IAM where there is one, else none where brokers ask for none.

    :raises ConfigurationError: the cluster offers neither.
    """
    if answer.get("BootstrapBrokerStringSaslIam"):
        return Brokers(str(answer["BootstrapBrokerStringSaslIam"]), _IAM)
    if answer.get("BootstrapBrokerString"):
        return Brokers(str(answer["BootstrapBrokerString"]), {"security.protocol": "PLAINTEXT"})
    offered = ", ".join(sorted(key for key in answer if key.startswith("BootstrapBrokerString"))) or "nothing"
    raise ConfigurationError(problem(name, "let clients sign in with IAM", offered, "turn it on for the cluster"))


@dataclass(frozen=True)
class ConsumerGroup:
    """How far a consumer group has come. Of a stream's only metrics of lag read it, never the stream."""

    name: str
    _jvm: Any
    _admin: Any

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commit where it will read next, by topic and partition.

        :raises Py4JJavaError: the brokers refused, or did not answer in time.
        """
        answer = self._admin.alterConsumerGroupOffsets(self.name, java_offsets(self._jvm, offsets)).all()
        answer.get(_ANSWER_SECONDS, self._jvm.java.util.concurrent.TimeUnit.SECONDS)

    def committed(self, topic: str) -> dict[int, int]:
        """Where it reads next in a topic, by partition; without those that it has never read.

        :raises Py4JJavaError: the brokers refused, or did not answer in time.
        """
        answer = self._admin.listConsumerGroupOffsets(self.name).partitionsToOffsetAndMetadata()
        found = answer.get(_ANSWER_SECONDS, self._jvm.java.util.concurrent.TimeUnit.SECONDS)
        return {int(place.partition()): int(found[place].offset()) for place in found if place.topic() == topic}


@contextmanager
def consumer_group(spark: SparkSession, brokers: Brokers, name: str) -> Iterator[ConsumerGroup]:
    """A consumer group, over one connection: to sign in takes longer than to say an offset."""
    with _admin(spark, brokers) as admin:
        yield ConsumerGroup(name, spark._jvm, admin)


def topic_id(spark: SparkSession, brokers: Brokers, topic: str) -> str | None:
    """The id by which the brokers tell a topic from another of that name; None where there is no such topic.

    :raises Py4JJavaError: the brokers refused, or did not answer in time.
    """
    jvm: Any = spark._jvm
    topics = jvm.java.util.ArrayList()
    topics.add(topic)
    with _admin(spark, brokers) as admin:
        try:
            answer = admin.describeTopics(topics).allTopicNames()
            found = answer.get(_ANSWER_SECONDS, jvm.java.util.concurrent.TimeUnit.SECONDS)
        except Py4JJavaError as error:
            if any(str(cause.getClass().getSimpleName()) == _NO_TOPIC for cause in java_causes(error)):
                return None
            raise
        given = str(found[topic].topicId())
        # brokers before 2.8 give none
        return None if given == str(jvm.org.apache.kafka.common.Uuid.ZERO_UUID) else given


def read_part(
    spark: SparkSession, brokers: Brokers, contract: Contract, spans: Mapping[str, Sequence[int]]
) -> DataFrame:
    """A part of a dataset's topic: from one offset up to another of each partition, in Spark's columns with headers."""
    topic = contract.stream.topic
    starts, ends = ({partition: span[side] for partition, span in spans.items()} for side in (0, 1))
    options = {
        **brokers.options,
        "subscribe": topic,
        "startingOffsets": json.dumps({topic: starts}),
        "endingOffsets": json.dumps({topic: ends}),
        "failOnDataLoss": "true",
        "kafka.isolation.level": "read_committed",
        "includeHeaders": "true",
        "groupIdPrefix": group_of(contract.dataset),
    }
    return spark.read.format("kafka").options(**options).load()


def find_offsets(spark: SparkSession, brokers: Brokers, topic: str, bound: str) -> dict[int, int]:
    """The offset of each partition that a bound means, within what the topic holds.

    A bound is `earliest`, `latest`, an offset of every partition, or a moment with a time zone: then the first record
    of that time or later.

    :raises ConfigurationError: it is none of these, or there is no such topic.
    """
    jvm: Any = spark._jvm
    # records of open transactions are not there yet
    settings = java_map(jvm, {**brokers.settings, "isolation.level": "read_committed"})
    deserializer = jvm.org.apache.kafka.common.serialization.ByteArrayDeserializer()
    consumer = jvm.org.apache.kafka.clients.consumer.KafkaConsumer(settings, deserializer, deserializer)
    try:
        places = jvm.java.util.ArrayList()
        for part in consumer.partitionsFor(topic) or ():
            places.add(jvm.org.apache.kafka.common.TopicPartition(topic, part.partition()))
        first, following = (
            {int(place.partition()): int(found[place]) for place in places}
            for found in (consumer.beginningOffsets(places), consumer.endOffsets(places))
        )
        if not first:
            raise ConfigurationError(problem("topic", "exist", topic, "deploy the stack first"))
        asked = _asked(jvm, consumer, places, bound)
    finally:
        consumer.close()
    wanted = {"earliest": first, "latest": following}.get(bound) or asked
    return {part: min(max(wanted.get(part, end), first[part]), end) for part, end in following.items()}


@contextmanager
def _admin(spark: SparkSession, brokers: Brokers) -> Iterator[Any]:
    jvm: Any = spark._jvm
    admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(java_map(jvm, brokers.settings))
    try:
        yield admin
    finally:
        admin.close(jvm.java.time.Duration.ofSeconds(_ANSWER_SECONDS))


def java_offsets(jvm: Any, offsets: Mapping[tuple[str, int], int]) -> Any:
    """Where a group reads next, by topic and partition, as Kafka's clients commit it."""
    result = jvm.java.util.HashMap()
    for (topic, partition), offset in offsets.items():
        place = jvm.org.apache.kafka.common.TopicPartition(topic, partition)
        result.put(place, jvm.org.apache.kafka.clients.consumer.OffsetAndMetadata(offset))
    return result


def java_map(jvm: Any, values: Mapping[str, str]) -> Any:
    """A dictionary as Kafka's clients take their settings."""
    result = jvm.java.util.HashMap()
    for name, value in values.items():
        result.put(name, value)
    return result


def _asked(jvm: Any, consumer: Any, places: Any, bound: str) -> dict[int, int]:
    """The offsets that a number or a moment means; a partition without a record of that time or later is not there."""
    if bound in ("earliest", "latest"):
        return {}
    if bound.isdigit():
        return {int(place.partition()): int(bound) for place in places}
    try:
        moment = datetime.fromisoformat(bound)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        must = "be earliest, latest, an offset or a moment with a time zone"
        raise ConfigurationError(problem("offset", must, bound, "write it like 2013-01-10T00:00:00Z"))
    times = jvm.java.util.HashMap()
    for place in places:
        times.put(place, jvm.java.lang.Long(int(moment.timestamp() * 1000)))
    found = consumer.offsetsForTimes(times)
    return {int(place.partition()): int(found[place].offset()) for place in places if found[place] is not None}
