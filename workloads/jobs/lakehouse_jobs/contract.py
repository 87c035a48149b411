"""Reads the Open Data Contract Standard documents that describe the datasets; nothing here repeats a schema.

The standard: https://bitol-io.github.io/open-data-contract-standard/v3.2.0/. What it lacks (zone, ordering column,
source or stream) stands in `customProperties`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from lakehouse_jobs.contract_rules import Rule, TableRules, table_rules, value_rules
from lakehouse_jobs.contract_types import Type, parse_type
from lakehouse_jobs.contract_yaml import load_yaml
from lakehouse_jobs.exceptions import ContractError, problem
from lakehouse_jobs.objectives import Objectives, parse_objectives

METADATA_COLUMNS: tuple[tuple[str, str], ...] = (
    ("_extracted_at", "timestamp"),
    ("_source", "string"),
    ("_run_id", "string"),
    ("_batch_token", "string"),
)
"""Columns on every row of bronze and silver, with Spark types: when the source was read (UTC), where from
(`postgres://<source>.<schema>.<table>` or `kafka://<topic>`), by which run, in which batch."""


@dataclass(frozen=True)
class Column:
    """A column of a contract: its name, Spark type, whether a value is required, the rules on its values, and its type
    with its parts when it is nested."""

    name: str
    spark_type: str
    required: bool
    rules: tuple[Rule, ...] = ()
    nested: Type | None = None


@dataclass(frozen=True)
class SourceTable:
    """Where a dataset comes from: source name (as in the runtime parameter), schema, table, watermark column."""

    name: str
    schema: str
    table: str
    watermark_column: str

    @property
    def address(self) -> str:
        """`postgres://<source>.<schema>.<table>`, the value of `_source`; it never holds credentials."""
        return f"postgres://{self.name}.{self.schema}.{self.table}"


@dataclass(frozen=True)
class StreamTopic:
    """Where a dataset comes from when it comes from Kafka: the topic."""

    topic: str

    @property
    def address(self) -> str:
        """`kafka://<topic>`, the value of `_source`."""
        return f"kafka://{self.topic}"


@dataclass(frozen=True)
class Derivation:
    """The streamed dataset whose windows a dataset holds, and how long after its end a window is still open."""

    dataset: str
    allowed_lateness: timedelta

    @property
    def address(self) -> str:
        """`silver.<dataset>`, where its rows come from."""
        return f"silver.{self.dataset}"


@dataclass(frozen=True)
class Care:
    """Who looks after a dataset's tables, the job `maintain` or Glue, how long old versions stay at least, and how
    compaction orders the rows of the dataset's own table: `binpack`, `sort` by its sort order, or `z-order` along a
    curve through columns.
    """

    by_job: bool = True
    keep: timedelta = timedelta(days=7)
    compaction: str = "binpack"
    curve: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """A dataset's contract: dataset name, version, columns, key, the column that orders versions of a row, origin,
    what it promises of a run, the percent of its expectations that silver must meet to be published, its care, and the
    rules on its rows together.
    """

    dataset: str
    version: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    ordering_column: str
    origin: SourceTable | StreamTopic | Derivation
    objectives: Objectives = field(default_factory=Objectives)
    minimum_quality: float = 99.0
    care: Care = field(default_factory=Care)
    rules: TableRules = field(default_factory=TableRules)

    @property
    def source(self) -> SourceTable:
        """The table the dataset comes from.

        :raises ContractError: it comes from a topic.
        """
        if isinstance(self.origin, SourceTable):
            return self.origin
        raise ContractError(problem(f"{self.dataset}: source", "be given", self.origin.address, "run it as a stream"))

    @property
    def stream(self) -> StreamTopic:
        """The topic the dataset comes from.

        :raises ContractError: it comes from a table.
        """
        if isinstance(self.origin, StreamTopic):
            return self.origin
        raise ContractError(problem(f"{self.dataset}: stream", "be given", self.origin.address, "ingest its source"))

    @property
    def derivation(self) -> Derivation:
        """The dataset whose windows it holds.

        :raises ContractError: it holds none.
        """
        if isinstance(self.origin, Derivation):
            return self.origin
        raise ContractError(problem(f"{self.dataset}: derivedFrom", "be given", self.origin.address, "name a dataset"))

    @property
    def column_names(self) -> list[str]:
        """The contract's own columns, in order, metadata columns not among them."""
        return [column.name for column in self.columns]


def load_contracts(directory: Path, source: str) -> list[Contract]:
    """Contracts of the silver zone in `directory/silver` that `source` feeds, sorted by dataset.

    :raises ContractError: a document is malformed, or none names the source.
    """
    documents = [(path, _read(path)) for path in sorted((directory / "silver").glob("*.yaml"))]
    contracts = [parse(document, str(path)) for path, document in documents if _source_name(document) == source]
    if not contracts:
        names = sorted({name for _, document in documents if (name := _source_name(document))})
        raise ContractError(
            problem("source", f"be one of {', '.join(names) or 'none'}", source, "pass another --source")
        )
    return contracts


def load_all(directory: Path) -> list[Contract]:
    """All contracts of the silver zone in `directory/silver`, sorted by file.

    :raises ContractError: a document is malformed.
    """
    return [parse(_read(path), str(path)) for path in sorted((directory / "silver").glob("*.yaml"))]


def load_care(directory: Path, zone: str) -> dict[str, Care]:
    """How the tables are cared for that the contracts in `directory/<zone>` describe, by dataset.

    :raises ContractError: a document is malformed.
    """
    documents = [(str(path), _read(path)) for path in sorted((directory / zone).glob("*.yaml"))]
    return {
        str(_schema_object(document, origin).get("name")): _care(_custom(document), origin)
        for origin, document in documents
    }


def load_stream(directory: Path, dataset: str) -> Contract:
    """The contract of the silver zone in `directory/silver` of a dataset that comes from a topic.

    :raises ContractError: its document is malformed, or none has that name and a stream.
    """
    documents = [(path, _read(path)) for path in sorted((directory / "silver").glob("*.yaml"))]
    streams = {path.stem: (document, path) for path, document in documents if "stream" in _custom(document)}
    if dataset not in streams:
        known = ", ".join(streams) or "none"
        raise ContractError(problem("dataset", f"be one of {known}", dataset, "pass another --dataset"))
    document, path = streams[dataset]
    return parse(document, str(path))


def load_windows(directory: Path, dataset: str) -> list[Contract]:
    """The contracts in `directory/silver` of windows over a streamed dataset, sorted by dataset.

    :raises ContractError: a document is malformed.
    """
    documents = [(path, _read(path)) for path in sorted((directory / "silver").glob("*.yaml"))]
    found = [parse(document, str(path)) for path, document in documents if "derivedFrom" in _custom(document)]
    return [contract for contract in found if contract.derivation.dataset == dataset]


def parse(document: Mapping[str, Any], origin: str) -> Contract:
    """Build a `Contract` from a loaded document; `origin` (a file name) stands in the messages.

    :raises ContractError: with the first thing that is missing, unknown or contradictory.
    """
    table = _schema_object(document, origin)
    custom = _custom(document)
    properties: Sequence[Mapping[str, Any]] = table.get("properties") or ()
    columns = tuple(_column(entry, origin) for entry in properties)
    contract = Contract(
        dataset=str(table.get("name")),
        version=str(document.get("version")),
        columns=columns,
        key=_key(properties),
        ordering_column=str(custom.get("orderingColumn")),
        origin=_origin(custom, origin),
        objectives=parse_objectives(document, origin),
        minimum_quality=_minimum_quality(document, origin),
        care=_care(custom, origin),
        rules=table_rules(table, origin),
    )
    _check(contract, origin)
    return contract


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = load_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(problem(str(path), "be YAML", str(error), "correct the document")) from error
    if not isinstance(document, Mapping):
        raise ContractError(problem(str(path), "be a mapping", type(document).__name__, "correct the document"))
    return document


def _custom(document: Mapping[str, Any]) -> dict[str, Any]:
    return {str(entry.get("property")): entry.get("value") for entry in document.get("customProperties") or ()}


def _minimum_quality(document: Mapping[str, Any], origin: str) -> float:
    promises = {str(entry.get("property")): entry for entry in document.get("slaProperties") or ()}
    promise = promises.get("quality") or {"value": Contract.minimum_quality, "unit": "percent"}
    value, unit = promise.get("value"), promise.get("unit")
    if unit == "percent" and isinstance(value, int | float) and 0 < value <= 100:
        return float(value)
    must = "be a percent above 0, at most 100"
    raise ContractError(problem(f"{origin}: quality", must, f"{value} {unit}", "correct the contract"))


def _source_name(document: Mapping[str, Any]) -> str | None:
    source = _custom(document).get("source")
    return str(source.get("name")) if isinstance(source, Mapping) else None


def _schema_object(document: Mapping[str, Any], origin: str) -> Mapping[str, Any]:
    schema = document.get("schema")
    if not isinstance(schema, list) or len(schema) != 1 or not isinstance(schema[0], Mapping):
        got = len(schema) if isinstance(schema, list) else schema
        raise ContractError(problem(f"{origin}: schema", "hold one table", got, "describe one dataset in each file"))
    return schema[0]


def _origin(custom: Mapping[str, Any], origin: str) -> SourceTable | StreamTopic | Derivation:
    if "derivedFrom" in custom:
        return _derivation(custom["derivedFrom"], origin)
    if "stream" not in custom:
        return _source(custom.get("source"), origin)
    if "source" in custom:
        raise ContractError(problem(f"{origin}: stream", "be absent beside source", "both", "drop one of the two"))
    stream = custom["stream"] if isinstance(custom["stream"], Mapping) else {}
    if not stream.get("topic"):
        raise ContractError(problem(f"{origin}: stream", "be complete", "no topic", "add what is missing"))
    return StreamTopic(str(stream["topic"]))


def _derivation(value: object, origin: str) -> Derivation:
    given = value if isinstance(value, Mapping) else {}
    missing = [field for field in ("dataset", "allowedLatenessMinutes") if given.get(field) is None]
    if missing:
        raise ContractError(
            problem(f"{origin}: derivedFrom", "be complete", f"no {', '.join(missing)}", "add what is missing")
        )
    return Derivation(str(given["dataset"]), timedelta(minutes=int(given["allowedLatenessMinutes"])))


def _care(custom: Mapping[str, Any], origin: str) -> Care:
    """Glue's, unless a stream writes: what the construct library, which checks the values, makes of the same lines."""
    by_job = {"job": True, "managed": False, None: "stream" in custom or "derivedFrom" in custom}
    said = custom.get("maintenance")
    if said not in by_job:
        raise ContractError(problem(f"{origin}: maintenance", "be managed or job", said, "correct the contract"))
    stream = custom.get("stream")
    replayed = stream.get("retentionDays", 0) if isinstance(stream, Mapping) else 0
    days = custom.get("snapshotRetentionDays", max(Care.keep.days, int(replayed)))
    ordered = tuple(str(entry["column"]) for entry in custom.get("sortOrder") or ())
    compaction = custom.get("compaction", Care.compaction)
    possible = ("binpack", "sort", "z-order") if ordered else ("binpack",)
    if compaction not in possible:
        must = f"be {' or '.join(possible)}{'' if ordered else ' where there is no sortOrder'}"
        raise ContractError(problem(f"{origin}: compaction", must, compaction, "correct the contract"))
    return Care(by_job[said], timedelta(days=int(days)), compaction, ordered if compaction == "z-order" else ())


def _source(value: object, origin: str) -> SourceTable:
    fields = ("name", "schema", "table", "watermarkColumn")
    given = value if isinstance(value, Mapping) else {}
    missing = [field for field in fields if not given.get(field)]
    if missing:
        raise ContractError(
            problem(f"{origin}: source", "be complete", f"no {', '.join(missing)}", "add what is missing")
        )
    return SourceTable(*(str(given[field]) for field in fields))


def _key(properties: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    keyed = [entry for entry in properties if entry.get("primaryKey")]
    return tuple(
        str(entry["name"]) for entry in sorted(keyed, key=lambda entry: int(entry.get("primaryKeyPosition", 0)))
    )


def _column(entry: Mapping[str, Any], origin: str) -> Column:
    name = str(entry.get("name"))
    subject = f"{origin}: {name}"
    rules = value_rules(entry, subject)
    kind = parse_type(str(entry.get("physicalType")), subject)
    required = bool(entry.get("required")) or bool(entry.get("primaryKey"))
    present = required or Rule("present", True) in rules
    kept = tuple(rule for rule in rules if rule.name != "present")
    return Column(name, kind.spark, present, kept, kind if kind.fields else None)


def _check(contract: Contract, origin: str) -> None:
    types = {column.name: column.spark_type for column in contract.columns}
    if len(types) != len(contract.columns):
        raise ContractError(
            problem(f"{origin}: properties", "have distinct names", sorted(types), "remove a duplicate")
        )
    if not contract.key:
        raise ContractError(problem(f"{origin}: primaryKey", "be set on a column", "none", "mark the key columns"))
    named = {} if isinstance(contract.origin, Derivation) else {"orderingColumn": contract.ordering_column}
    if isinstance(contract.origin, SourceTable):
        named["watermarkColumn"] = contract.origin.watermark_column
    for subject, column in named.items():
        if column not in types:
            known = ", ".join(types)
            raise ContractError(problem(f"{origin}: {subject}", f"be one of {known}", column, "name a column"))
    watermark = types[named["watermarkColumn"]] if "watermarkColumn" in named else "timestamp"
    if watermark != "timestamp":
        remedy = "choose another column"
        raise ContractError(problem(f"{origin}: watermarkColumn", "be a timestamptz", watermark, remedy))
