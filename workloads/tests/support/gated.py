"""A lake whose loads are staged and checked before they are served."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

from lakehouse_jobs.objects import DiskStore
from lakehouse_jobs.quality.alerts import Alerts
from lakehouse_jobs.quality.check import Check, DatasetQuality, run
from lakehouse_jobs.tables import AUDIT
from lakehouse_jobs.telemetry import Telemetry
from support.lake import Lake

TOPIC = "arn:aws:sns:us-east-1:000000000000:critical"
RUN_ID = "20130201T000000Z-0a1b2c"


@dataclass
class GatedLake:
    """A lake, and the check with a client of SNS that only remembers what it was asked for."""

    lake: Lake
    sns: Mock = field(default_factory=Mock)

    def check(self, *, staged_only: bool = False) -> dict[str, DatasetQuality]:
        artifacts = f"file://{self.lake.folder}/artifacts"
        job = Check(
            run_id=RUN_ID,
            correlation_id="correlation-1",
            databases=self.lake.databases,
            artifacts_uri=artifacts,
            store=DiskStore(),
            alerts=Alerts(self.sns, TOPIC, "dev"),
            staged_only=staged_only,
            retry=self.lake.retry,
        )
        telemetry = Telemetry(self.lake.cloudwatch, "dev")
        return {found.dataset: found for found in run(self.lake.spark, job, self.lake.contracts, telemetry)}

    def stage(self, statement: str, dataset: str = "items") -> None:
        """Run a statement on the branch; `{}` is its name."""
        branch = f"glue_catalog.{self.lake.databases['silver']}.{dataset}.branch_{AUDIT}"
        self.lake.spark.sql(statement.format(branch))

    @property
    def served(self) -> dict[int, int]:
        """What everybody reads: quantity by id."""
        return {row["id"]: row["quantity"] for row in self.lake.silver()}

    @property
    def record(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(
            (self.lake.folder / f"artifacts/runs/{RUN_ID}/quality.json").read_text(encoding="utf-8")
        )
        return document

    @property
    def metrics(self) -> dict[str, float]:
        """The newest value of each metric of `items`."""
        calls = self.lake.cloudwatch.put_metric_data.call_args_list
        data = [datum for call in calls for datum in call.kwargs["MetricData"]]
        of_items = {"Name": "Dataset", "Value": "items"}
        return {datum["MetricName"]: datum["Value"] for datum in data if of_items in datum["Dimensions"]}
