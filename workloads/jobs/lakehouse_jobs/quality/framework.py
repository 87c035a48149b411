"""Great Expectations for a script or a notebook: the suites and checkpoints of the job `quality`, on any data frame."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.frames import kept
from lakehouse_jobs.minimal import contract_of
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.quality.checkpoint import Checkpoints, Verdict
from lakehouse_jobs.quality.suites import suite_of_frame


class DataQualityFramework:
    """Holds data frames against suites; each suite is a schema as `BatchDataIngester.validate_and_clean` takes it."""

    def __init__(self, docs_uri: str | None = None) -> None:
        self._docs_uri = docs_uri
        self._suites: dict[str, Mapping[str, Any]] = {}

    def add_suite(self, suite_name: str, schema: Mapping[str, Any]) -> None:
        """Expect of frames what a schema says: `required_fields` without nulls, `dtypes`, and rows unique by `key`."""
        self._suites[suite_name] = schema

    def validate_dataframe(self, df: DataFrame, suite_name: str, data_asset_name: str) -> Verdict:
        """Check a frame; the Data Docs go below `docs_uri` where that was given.

        :returns: how many expectations there are, which are not met, and the score in percent
        :raises ConfigurationError: there is no such suite
        """
        schema = self._suites.get(suite_name)
        if schema is None:
            known = ", ".join(sorted(self._suites)) or "none yet"
            raise ConfigurationError(problem("suite_name", f"be one of {known}", suite_name, "add it with add_suite"))
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        with kept(df) as rows, tempfile.TemporaryDirectory(prefix="quality-") as folder:
            checkpoints = Checkpoints(Path(folder), run_id)
            verdict = checkpoints.run(rows, suite_of_frame(contract_of(rows, schema, data_asset_name)))
            if self._docs_uri is not None:
                checkpoints.upload(store_for(self._docs_uri), self._docs_uri)
        return verdict
