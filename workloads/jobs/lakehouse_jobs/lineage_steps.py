"""What the pipelines of this package tell of their lineage, from the contract that they move data by."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import boto3

from lakehouse_jobs.contract import Contract
from lakehouse_jobs.failures import translate
from lakehouse_jobs.kafka import Brokers
from lakehouse_jobs.lineage import Column, Dataset, Lineage, Output, Run, Step, sinks_for, table_columns
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.run_record import RunRecord
from lakehouse_jobs.runtime import Runtime
from lakehouse_jobs.source import Credentials
from lakehouse_jobs.windows import column_inputs

_LOGGER = logging.getLogger(__name__)
_PAYLOAD = "_payload"


@dataclass(frozen=True)
class GlueTables:
    """The lake's tables as the standard names those of Glue: `arn:aws:glue:<region>:<account>`, `table/<db>/<name>`."""

    namespace: str
    databases: Mapping[str, str]

    def table(self, zone: str, name: str) -> Dataset:
        """A table of a zone."""
        return Dataset(self.namespace, f"table/{self.databases[zone]}/{name}")

    def dlq(self, dataset: str) -> Dataset:
        """The dead letters of a dataset."""
        return self.table("bronze", f"{dataset}__dlq")


@dataclass(frozen=True)
class DeltaFolders:
    """The Delta tables of a stream as the standard names folders: `s3://<bucket>`, `<path>`, or `file`, `<path>`."""

    uri: str

    def table(self, zone: str, name: str) -> Dataset:
        """A table of a zone."""
        parts = urlsplit(self.uri)
        namespace = f"s3://{parts.netloc}" if parts.scheme.startswith("s3") else parts.scheme
        return Dataset(namespace, f"{parts.path.strip('/')}/{zone}/{name}")

    def dlq(self, dataset: str) -> Dataset:
        """The dead letters of a dataset."""
        return self.table("bronze", f"{dataset}__dlq")


def load_tables(databases: Mapping[str, str]) -> GlueTables:
    """The names of tables in the account and region of the job."""
    client = boto3.client("sts")
    account = client.get_caller_identity()["Account"]
    return GlueTables(f"arn:aws:glue:{client.meta.region_name}:{account}", databases)


def load_lineage(runtime: Runtime, run: Run) -> tuple[Lineage, GlueTables]:
    """Where a run tells its lineage to; nobody is told when even the names of the tables cannot be found out."""
    base = runtime.bucket_uri("artifacts")
    try:
        return Lineage(run, sinks_for(store_for(base), base)), load_tables(runtime.databases)
    except Exception as error:
        _LOGGER.warning("there will be no lineage of this run", extra={"error": str(translate(error))})
        return Lineage(run, []), GlueTables("", runtime.databases)


@dataclass(frozen=True)
class IngestLineage:
    """A load: PostgreSQL to bronze and the DLQ, bronze to silver, a job each."""

    lineage: Lineage
    tables: GlueTables

    def started(self, contract: Contract) -> None:
        """Tell that a dataset is being loaded."""
        self.lineage.started(*self._jobs(contract))

    def ended(self, contract: Contract, credentials: Credentials, record: RunRecord) -> None:
        """Tell what was read and written."""
        origin = postgres_table(contract, credentials)
        bronze, silver = (self.tables.table(zone, contract.dataset) for zone in ("bronze", "silver"))
        columns = {column.name: column.spark_type for column in contract.columns}
        into_bronze, into_silver = self._jobs(contract)
        written = [Output(bronze, table_columns(columns, origin), record.rowsValid)] if record.snapshots.bronze else []
        if record.snapshots.dlq:
            written.append(dead_letters(self.tables.dlq(contract.dataset), contract, origin, record.rowsRejected))
        merged = [Output(silver, table_columns(columns, bronze), record.rowsMerged)] if record.snapshots.silver else []
        steps = (Step(into_bronze, (origin,), tuple(written)), Step(into_silver, (bronze,), tuple(merged)))
        self.lineage.ended(steps, None if record.error is None else record.error.message)

    @staticmethod
    def _jobs(contract: Contract) -> tuple[str, str]:
        return f"ingest.{contract.dataset}.bronze", f"ingest.{contract.dataset}.silver"


@dataclass(frozen=True)
class StreamLineage:
    """A stream: a topic to bronze and the DLQ, and on to silver and its windows."""

    lineage: Lineage
    tables: GlueTables | DeltaFolders
    brokers: Brokers
    windows: Sequence[Contract] = ()

    def started(self, contract: Contract) -> None:
        """Tell that a stream begins and, because it may have no end, what it reads and writes."""
        steps = self._steps(contract)
        self.lineage.started(*(step.job for step in steps))
        self.lineage.running(steps)

    def ended(self, contract: Contract, error: str | None = None) -> None:
        """Tell that it has ended."""
        self.lineage.ended(self._steps(contract), error)

    def _steps(self, contract: Contract) -> list[Step]:
        return [self._step(contract), *(self._window_step(contract, window) for window in self.windows)]

    def _window_step(self, contract: Contract, window: Contract) -> Step:
        origin, target = (self.tables.table("silver", made.dataset) for made in (contract, window))
        inputs = column_inputs(window, contract.column_names)
        columns = tuple(
            Column(
                column.name,
                column.spark_type,
                tuple((origin, name) for name in inputs[column.name]),
                identity=inputs[column.name] == (column.name,),
            )
            for column in window.columns
        )
        return Step(f"stream.{window.dataset}", (origin,), (Output(target, columns),))

    def _step(self, contract: Contract) -> Step:
        origin = topic(contract, self.brokers)
        bronze, silver = (self.tables.table(zone, contract.dataset) for zone in ("bronze", "silver"))
        columns = {column.name: column.spark_type for column in contract.columns}
        payload = ((origin, "value"),)
        raw = Output(bronze, (Column(_PAYLOAD, "string", payload),))
        parsed = tuple(Column(name, kind, ((bronze, _PAYLOAD),), identity=False) for name, kind in columns.items())
        refused = Output(self.tables.dlq(contract.dataset), (Column(_PAYLOAD, "string", payload),))
        return Step(f"stream.{contract.dataset}", (origin,), (raw, refused, Output(silver, parsed)))


def postgres_table(contract: Contract, credentials: Credentials) -> Dataset:
    """The table of a source, with the address that it was read from."""
    namespace = f"postgres://{credentials.host}:{credentials.port}"
    source = contract.source
    return Dataset(namespace, f"{credentials.database}.{source.schema}.{source.table}")


def topic(contract: Contract, brokers: Brokers) -> Dataset:
    """A topic, by the first of the brokers that clients begin with."""
    return Dataset(f"kafka://{min(brokers.bootstrap.split(','))}", contract.stream.topic)


def dead_letters(dlq: Dataset, contract: Contract, origin: Dataset, rows: int) -> Output:
    """The DLQ: its payload is made from every column of the row."""
    inputs = tuple((origin, name) for name in contract.column_names)
    return Output(dlq, (Column(_PAYLOAD, "string", inputs, identity=False),), rows)
