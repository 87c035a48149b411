from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse_jobs.contract import Contract, parse
from support import kafka, session
from support.events import EventLake
from support.items import CREATE, DOCUMENT
from support.lake import Lake
from support.postgres import PostgresServer, Sql, binaries

_DATABASES = itertools.count(1)


@pytest.fixture(autouse=True)
def _package_logs() -> Iterator[None]:
    """Gives each test the package's logger as it was, whatever the command line configured."""
    logger = logging.getLogger("lakehouse_jobs")
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    started = session.start(tmp_path_factory.mktemp("spark"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer(binaries())
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def broker(spark: SparkSession) -> Iterator[kafka.KafkaServer]:
    server = kafka.KafkaServer(kafka.jars())
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def topic(spark: SparkSession, broker: kafka.KafkaServer) -> kafka.Topic:
    """An empty topic with two partitions."""
    made = kafka.Topic(spark, broker.brokers, f"events.{next(_DATABASES)}")
    made.create(partitions=2)
    return made


@pytest.fixture
def events(spark: SparkSession, topic: kafka.Topic, tmp_path: Path) -> EventLake:
    """A lake that streams the topic."""
    made = EventLake(spark, tmp_path, topic.brokers, topic.name)
    made.create()
    return made


@pytest.fixture
def database(spark: SparkSession, postgres: PostgresServer) -> str:
    name = f"test_{next(_DATABASES)}"
    admin = Sql(spark, postgres.credentials("postgres"))
    admin.run(f"CREATE DATABASE {name}")
    admin.close()
    return name


@pytest.fixture
def sql(spark: SparkSession, postgres: PostgresServer, database: str) -> Iterator[Sql]:
    opened = Sql(spark, postgres.credentials(database))
    yield opened
    opened.close()


@pytest.fixture
def jvm_in_new_york(spark: SparkSession) -> Iterator[None]:
    """The JVM's zone is not UTC, as on a laptop."""
    zones: Any = spark._jvm
    before = zones.java.util.TimeZone.getDefault()
    zones.java.util.TimeZone.setDefault(zones.java.util.TimeZone.getTimeZone("America/New_York"))
    yield
    zones.java.util.TimeZone.setDefault(before)


@pytest.fixture
def items() -> Contract:
    return parse(DOCUMENT, "items.yaml")


@pytest.fixture
def new_lake(
    spark: SparkSession, postgres: PostgresServer, database: str, tmp_path: Path
) -> Callable[[list[Contract]], Lake]:
    def create(contracts: list[Contract]) -> Lake:
        lake = Lake(spark, tmp_path / f"lake-{next(_DATABASES)}", postgres.credentials(database), contracts)
        lake.create()
        return lake

    return create


@pytest.fixture
def lake(new_lake: Callable[[list[Contract]], Lake], items: Contract, sql: Sql) -> Lake:
    """A lake for the dataset `items`, with its empty table in the source."""
    sql.run(CREATE)
    return new_lake([items])
