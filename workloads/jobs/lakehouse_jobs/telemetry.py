"""Metrics to CloudWatch. Names, units and dimensions are those of `contracts/metrics.yaml`; a test compares them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.literals import StandardUnitType
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

_LOGGER = logging.getLogger(__name__)
NAMESPACE = "Lakehouse"
_MOST_A_CALL = 1000  # PutMetricData's limit


@dataclass(frozen=True)
class MetricSpec:
    """A metric of the catalogue: name, CloudWatch unit, dimension names."""

    name: str
    unit: StandardUnitType
    dimensions: tuple[str, ...]


_DATASET = ("Environment", "Dataset")
_PIPELINE = ("Environment", "Pipeline")


class Metric(Enum):
    """Every metric a job emits."""

    ROWS_READ = MetricSpec("RowsRead", "Count", _DATASET)
    ROWS_VALID = MetricSpec("RowsValid", "Count", _DATASET)
    ROWS_REJECTED = MetricSpec("RowsRejected", "Count", _DATASET)
    ROWS_MERGED = MetricSpec("RowsMerged", "Count", _DATASET)
    BYTES_LANDED = MetricSpec("BytesLanded", "Bytes", _DATASET)
    DATASET_LOADED = MetricSpec("DatasetLoaded", "Count", _DATASET)
    RUN_DURATION = MetricSpec("RunDuration", "Seconds", _PIPELINE)
    RUNS_SUCCEEDED = MetricSpec("RunsSucceeded", "Count", _PIPELINE)
    RUNS_FAILED = MetricSpec("RunsFailed", "Count", _PIPELINE)


class Telemetry:
    """Gathers a run's metrics and sends them at its end; a sink that is down is reported once and stops nothing."""

    def __init__(self, client: CloudWatchClient, environment: str) -> None:
        self._client = client
        self._environment = environment
        self._data: list[MetricDatumTypeDef] = []

    def record(self, metric: Metric, value: float, **dimensions: str) -> None:
        """Keep a value; `dimensions` are the metric's, without Environment.

        :raises ValueError: the dimensions are not those of the catalogue.
        """
        given: Mapping[str, str] = {"Environment": self._environment, **dimensions}
        spec = metric.value
        if set(given) != set(spec.dimensions):
            raise ValueError(f"'{spec.name}' must have the dimensions {spec.dimensions}, got {tuple(given)}")
        self._data.append(
            {
                "MetricName": spec.name,
                "Unit": spec.unit,
                "Value": value,
                "Dimensions": [{"Name": name, "Value": given[name]} for name in spec.dimensions],
            }
        )

    def flush(self) -> None:
        """Send what was recorded."""
        data, self._data = self._data, []
        try:
            for start in range(0, len(data), _MOST_A_CALL):
                self._client.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _MOST_A_CALL])
        except Exception as error:
            _LOGGER.warning("metrics could not be sent; the run goes on", extra={"error": str(error)})
