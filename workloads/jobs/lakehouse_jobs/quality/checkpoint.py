"""Runs a suite on rows by a checkpoint of Great Expectations, and keeps its Data Docs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from lakehouse_jobs.objects import ObjectStore

# read when the package is imported: nothing is told to anybody
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

DOCS = "quality"
"""Where Data Docs lie in the artifacts bucket: those of the last check, and the results of the checks before."""
_SITE = "gx/uncommitted/data_docs/local_site"
_LONGEST_REASON = 300
_VERDICTS = {"result_format": "BOOLEAN_ONLY"}
_EXAMPLES = {"result_format": "SUMMARY", "partial_unexpected_count": 5}
"""Looking for examples takes two more queries for each expectation, so a suite that is met is not asked for any."""


@dataclass(frozen=True)
class Unmet:
    """An expectation that is not met: its name or what it says of itself, its column or columns, and how many values of
    how many break it.

    The counts are None where the table as a whole breaks it; `observed` then says what it is like. `checked` is false
    where it could not be held against the rows at all; `observed` then says why.
    """

    expectation: str
    column: str | None
    unexpected: int | None
    values: int | None
    observed: str | None
    checked: bool = True

    def __str__(self) -> str:
        where = "" if self.column is None else f" of {self.column}"
        broken = f"{self.unexpected:,} of {self.values:,} values" if self.unexpected is not None else self.observed
        return f"{self.expectation}{where} ({broken})"


@dataclass(frozen=True)
class Verdict:
    """How many expectations there are, and which are not met."""

    expectations: int
    unmet: tuple[Unmet, ...]

    @property
    def met(self) -> int:
        """How many are met."""
        return self.expectations - len(self.unmet)

    @property
    def unchecked(self) -> tuple[Unmet, ...]:
        """Those that could not be held against the rows: whether they are met is not known."""
        return tuple(each for each in self.unmet if not each.checked)

    @property
    def score(self) -> float:
        """Percent of the expectations that are met."""
        return 100 * self.met / self.expectations


class Checkpoints:
    """The checkpoints of one run, in a folder of its own."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._context = gx.get_context(mode="file", project_root_dir=folder)
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = self._context.data_sources.add_spark("lake", persist=False)
        self._run_id = gx.RunIdentifier(run_name=run_id)
        self._site = folder / _SITE

    def run(self, rows: DataFrame, suite: gx.ExpectationSuite) -> Verdict:
        """Check `rows`, which are read a few times: keep them when they are costly to make.

        A suite that is not met is checked once more, for the counts and examples of its Data Docs.
        """
        asset = self._source.add_dataframe_asset(suite.name)
        definition = gx.ValidationDefinition(
            name=suite.name,
            data=asset.add_batch_definition_whole_dataframe("all"),
            suite=self._context.suites.add(suite),
        )
        validation = self._context.validation_definitions.add(definition)
        results = self._results(validation, rows, _VERDICTS)
        if not all(result.success for result in results):
            results = self._results(validation, rows, _EXAMPLES)
        return Verdict(len(results), tuple(_unmet(results)))

    def _results(self, validation: gx.ValidationDefinition, rows: DataFrame, form: dict[str, Any]) -> list[Any]:
        checkpoint = gx.Checkpoint(name=validation.name, validation_definitions=[validation], result_format=form)
        found = self._context.checkpoints.add_or_update(checkpoint).run({"dataframe": rows}, run_id=self._run_id)
        [validated] = found.run_results.values()
        return list(validated.results)

    def upload(self, store: ObjectStore, base_uri: str) -> None:
        """Put the Data Docs of all that was checked below `base_uri`."""
        self._context.build_data_docs()
        for path in sorted(path for path in self._site.rglob("*") if path.is_file()):
            uri = f"{base_uri.rstrip('/')}/{DOCS}/{path.relative_to(self._site).as_posix()}"
            store.write(uri, path.read_bytes())


def _unmet(results: Iterable[Any]) -> Iterable[Unmet]:
    for result in results:
        if result.success:
            continue
        config, found = result.expectation_config, result.result or {}
        columns = config.kwargs.get("column_list") or [config.kwargs.get("column")]
        column = ", ".join(columns) if columns != [None] else None
        error = next((_reason(str(info["exception_message"])) for info in _exceptions(result)), None)
        yield Unmet(
            config.description or config.type,
            column,
            found.get("unexpected_count"),
            found.get("element_count"),
            str(found.get("observed_value")) if error is None else error,
            checked=error is None,
        )


def _reason(message: str) -> str:
    """What went wrong, in a line: Spark's messages bring the plan along, and those of the JVM the stack."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    told = causes[-1] if causes else next((line for line in lines if "[" in line), lines[0] if lines else "")
    return told.removeprefix(": ")[:_LONGEST_REASON]


def _exceptions(result: Any) -> list[dict[str, Any]]:
    info = result.exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    return [entry for entry in entries if entry.get("raised_exception")]
