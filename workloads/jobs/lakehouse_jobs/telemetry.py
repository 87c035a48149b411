"""Metrics of runs and of batches of streams.

Names, units and dimensions are those of `contracts/metrics.yaml`; a test compares them. They go to CloudWatch,
whose alarms rest on them, and to what other sinks are given (`pushgateway.py`).
What dashboards show of them: how long ago each dataset was brought up to its source; rows read, valid, rejected,
late, duplicate and merged, by dataset; bytes landed; runs and their duration; rows a second, and against the days
before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

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
    ROWS_LATE = MetricSpec("RowsLate", "Count", _DATASET)
    ROWS_DUPLICATE = MetricSpec("RowsDuplicate", "Count", _DATASET)
    ROWS_MERGED = MetricSpec("RowsMerged", "Count", _DATASET)
    BYTES_LANDED = MetricSpec("BytesLanded", "Bytes", _DATASET)
    DATASET_LOADED = MetricSpec("DatasetLoaded", "Count", _DATASET)
    QUALITY_SCORE = MetricSpec("QualityScore", "Percent", _DATASET)
    EXPECTATIONS_MET = MetricSpec("ExpectationsMet", "Percent", _DATASET)
    RUN_DURATION = MetricSpec("RunDuration", "Seconds", _PIPELINE)
    RUNS_SUCCEEDED = MetricSpec("RunsSucceeded", "Count", _PIPELINE)
    RUNS_FAILED = MetricSpec("RunsFailed", "Count", _PIPELINE)


@dataclass(frozen=True)
class Measurement:
    """A value of a metric; `dimensions` are all of the metric's, in the catalogue's order."""

    metric: Metric
    value: float
    dimensions: Mapping[str, str]


class Sink(Protocol):
    """Where metrics go; `name` is for logs."""

    name: str

    def send(self, measurements: Sequence[Measurement]) -> None:
        """Send them all; any error means that the sink is down."""


class CloudWatchSink:
    """Puts metrics into the namespace that the stack's alarms watch."""

    name = "CloudWatch"

    def __init__(self, client: CloudWatchClient) -> None:
        self._client = client

    def send(self, measurements: Sequence[Measurement]) -> None:
        """Send them by PutMetricData, in as few calls as it allows."""
        data = [_datum(measurement) for measurement in measurements]
        for start in range(0, len(data), _MOST_A_CALL):
            self._client.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _MOST_A_CALL])


def _datum(measurement: Measurement) -> MetricDatumTypeDef:
    spec = measurement.metric.value
    return {
        "MetricName": spec.name,
        "Unit": spec.unit,
        "Value": measurement.value,
        "Dimensions": [{"Name": name, "Value": value} for name, value in measurement.dimensions.items()],
    }


class Telemetry:
    """Gathers the metrics of a run, or of a batch, and sends them at its end.

    A sink that is down keeps nothing from the others and stops nothing; that it is down is said once, and that it is
    back. What was recorded meanwhile is not sent to it later.
    """

    def __init__(self, client: CloudWatchClient, environment: str, more: Sequence[Sink] = ()) -> None:
        self._sinks: tuple[Sink, ...] = (CloudWatchSink(client), *more)
        self._environment = environment
        self._measurements: list[Measurement] = []
        self._down: set[str] = set()

    def record(self, metric: Metric, value: float, **dimensions: str) -> None:
        """Keep a value; `dimensions` are the metric's, without Environment.

        :raises ValueError: the dimensions are not those of the catalogue.
        """
        given: Mapping[str, str] = {"Environment": self._environment, **dimensions}
        spec = metric.value
        if set(given) != set(spec.dimensions):
            raise ValueError(f"'{spec.name}' must have the dimensions {spec.dimensions}, got {tuple(given)}")
        self._measurements.append(Measurement(metric, value, {name: given[name] for name in spec.dimensions}))

    def flush(self) -> None:
        """Send what was recorded."""
        measurements, self._measurements = self._measurements, []
        if measurements:
            for sink in self._sinks:
                self._send(sink, measurements)

    def _send(self, sink: Sink, measurements: Sequence[Measurement]) -> None:
        try:
            sink.send(measurements)
        except Exception as error:
            if sink.name not in self._down:
                _LOGGER.warning(
                    "metrics could not be sent; the run goes on", extra={"sink": sink.name, "error": str(error)}
                )
            self._down.add(sink.name)
            return
        if sink.name in self._down:
            _LOGGER.info("metrics are sent again", extra={"sink": sink.name})
            self._down.remove(sink.name)
