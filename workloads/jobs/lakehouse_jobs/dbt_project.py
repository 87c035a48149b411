"""Runs a dbt project inside this process, in the Spark session that is open, and says what became of each node.

dbt's log lines go to this package's logger, so they carry the run's correlation id.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.version import __version__
from dbt_common.events.base_types import EventMsg

from lakehouse_jobs.exceptions import TransformError, problem

_LOGGER = logging.getLogger(__name__)
_LEVELS: Mapping[str, int] = {"info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
_QUIET = ("--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-print")
_NO_CACHE = "--no-populate-cache"
"""What makes no table need not know which there are."""
_BAD = frozenset({"fail", "error", "runtime error", "partial success"})
_BROKEN = frozenset({"error", "runtime error"})
"""A model of which some batches failed keeps the others: the next run takes the newest alone."""
_TABLES = frozenset({"model", "seed", "snapshot"})
"""What makes a table: a hook has an alias too."""


@dataclass(frozen=True)
class NodeResult:
    """What became of a model, a snapshot, a test or a source's freshness.

    `status` is dbt's own word: success, pass, warn, skipped, partial success, fail or error. `failures` counts the rows
    a test found; `rows` those a table holds afterwards. `tested` are the ids of the models a test is about,
    `sql` what it ran.
    """

    node: str
    name: str
    kind: str
    status: str
    seconds: float
    rows: int | None = None
    failures: int | None = None
    message: str | None = None
    tested: tuple[str, ...] = ()
    table: str | None = None
    sql: str | None = field(default=None, repr=False)

    @property
    def failed(self) -> bool:
        """Whether this node makes its run fail."""
        return self.status in _BAD

    @property
    def broken(self) -> bool:
        """Whether this node ended before it was through: what it has changed by then is no more than a part."""
        return self.status in _BROKEN


class DbtProject:
    """The project in `folder`, parsed once; dbt writes below `work` alone.

    :raises TransformError: it does not parse, or would make or store something in another database than gold's.
    """

    def __init__(self, folder: Path, work: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._target = work / "target"
        self._options = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
        # the project may be an archive of YARN, where nobody writes
        self._options += ["--target-path", str(self._target), "--log-path", str(work / "logs")]
        self._variables = json.dumps(dict(variables))
        self._options += ["--vars", self._variables]
        self._manifest: Any = self._invoke(["parse"])
        self._require_in(variables["gold"])

    def _require_in(self, gold: str) -> None:
        """Only tables of gold are counted, documented and set back, and the job may make no others."""
        for node in self._manifest.nodes.values():
            if node.schema == gold:
                continue
            if _makes_table(node):
                must, remedy = "be made", "remove `schema` from its config"
            elif getattr(node.config, "store_failures", None):
                must, remedy = "store what it finds", "remove `store_failures`: the run's record tells examples"
            else:
                continue
            raise TransformError(problem(node.unique_id, f"{must} in {gold}, gold's database", node.schema, remedy))

    @property
    def sources(self) -> list[str]:
        """The tables that it is made of, `<database>.<table>`."""
        return [f"{source.schema}.{source.identifier}" for source in self._manifest.sources.values()]

    @cached_property
    def digest(self) -> str:
        """What stands in the project, and by which dbt it is built."""
        found = hashlib.sha256(f"{__version__}\0{self._variables}\0".encode())
        for path in sorted(path for path in self._folder.rglob("*") if path.is_file()):
            found.update(f"{path.relative_to(self._folder).as_posix()}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
        return found.hexdigest()

    def build(self, select: str | None = None, tested: Collection[str] = ()) -> list[NodeResult]:
        """Build and test everything `select` names (all when None), in the order of the graph.

        Tests that are about sources in `tested` alone, `<database>.<table>`, are not run, nor the project's unit tests:
        they test its SQL, not this data.

        :raises TransformError: `select` names nothing.
        """
        command = ["build", "--exclude-resource-type", "unit_test"]
        selected = ["--select", *select.split()] if select else []
        known = self._tests_of(tested)
        excluded = ["--exclude", *known] if known else []
        results = self._invoke([*command, *selected, *excluded]).results
        if select and not results and not (known and self._names(select)):
            raise TransformError(
                problem("--select", "name something to build", select, "see how its nodes are spelled")
            )
        return [_node_result(result) for result in results]

    def _names(self, select: str) -> list[str]:
        return list(self._invoke(["list", "--select", *select.split(), "--exclude-resource-type", "unit_test"]) or [])

    def _tests_of(self, tables: Collection[str]) -> list[str]:
        """The names of the generic tests that are about nothing else than these sources.

        Those are written from the contracts; a query in a file of its own says what no contract does.
        """
        found = self._manifest.sources.items()
        sources = {key for key, source in found if f"{source.schema}.{source.identifier}" in tables}
        nodes = self._manifest.nodes.values()
        tests = [node for node in nodes if str(node.resource_type) == "test" and hasattr(node, "test_metadata")]
        return [node.name for node in tests if node.depends_on.nodes and sources.issuperset(node.depends_on.nodes)]

    def freshness(self) -> list[NodeResult]:
        """How old the newest load of each source is, against the contract's promise."""
        return [_freshness(result) for result in self._invoke(["source", "freshness", _NO_CACHE]).results]

    def docs(self) -> bytes:
        """The project's documentation as one HTML page."""
        self._invoke(["docs", "generate", "--static", "--no-compile", _NO_CACHE])
        return (self._target / "static_index.html").read_bytes()

    def _invoke(self, command: Sequence[str]) -> Any:
        context = contextvars.copy_context()

        def log(event: EventMsg) -> None:
            # dbt calls from threads of its own, which know nothing of the context this run is in
            context.copy().run(_log, event)

        runner = dbtRunner(manifest=getattr(self, "_manifest", None), callbacks=[log])
        outcome = runner.invoke([*_QUIET, *command, *self._options])
        if outcome.result is None and not outcome.success:
            remedy = "see the lines above; the project is in workloads/dbt"
            reason = " ".join(str(outcome.exception).split())
            raise TransformError(problem(f"dbt {command[0]}", "run", reason, remedy))
        return outcome.result


def _log(event: EventMsg) -> None:
    # fields of a protobuf message, of which the base class that types it knows but two
    info: Any = event.info
    level, text = _LEVELS.get(info.level), info.msg.strip()
    if level is not None and text:
        _LOGGER.log(level, text, extra={"event": info.name})


def _node_result(result: Any) -> NodeResult:
    node = result.node
    kind = str(node.resource_type)
    tested = [getattr(node, "attached_node", None)] if kind == "test" else []
    if kind == "test" and tested == [None]:
        tested = [parent for parent in node.depends_on.nodes if parent.startswith(("model.", "snapshot."))]
    return NodeResult(
        node=node.unique_id,
        name=node.name,
        kind=kind,
        status=str(result.status),
        seconds=round(float(result.execution_time), 3),
        failures=result.failures,
        message=result.message,
        tested=tuple(parent for parent in tested if parent),
        table=node.alias if _makes_table(node) else None,
        sql=getattr(node, "compiled_code", None),
    )


def _makes_table(node: Any) -> bool:
    return str(node.resource_type) in _TABLES and getattr(node.config, "materialized", None) != "ephemeral"


def _freshness(result: Any) -> NodeResult:
    age = getattr(result, "age", None)
    message = f"newest load {age:.0f} s ago" if age is not None else getattr(result, "message", None)
    return NodeResult(
        node=result.node.unique_id,
        name=f"{result.node.source_name}.{result.node.name}",
        kind="freshness",
        status=str(result.status),
        seconds=round(float(result.execution_time), 3),
        message=message,
    )
