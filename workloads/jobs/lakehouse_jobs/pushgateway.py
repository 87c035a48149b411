"""Metrics to Prometheus, by a Pushgateway: a job ends before anybody could scrape it.

Each metric of the catalogue is a gauge of the last run, or of a stream's last batch: `RowsRead` of `flights` is
`lakehouse_rows_read{environment="dev", dataset="flights"}`. Never a counter: the gateway keeps what was pushed last
and adds nothing up, so two runs that each counted to 100 from nothing would look like one.
Source: https://prometheus.io/docs/practices/pushing/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from prometheus_client import CollectorRegistry, Gauge, pushadd_to_gateway

from lakehouse_jobs.telemetry import Measurement, Metric, Sink

VARIABLE = "LAKEHOUSE_PUSHGATEWAY"
_JOB = "lakehouse"
_TIMEOUT_SECONDS = 5
_LAST_LOADED = "lakehouse_dataset_last_loaded_timestamp_seconds"
"""A gauge tells no time, and a table that nobody loads any more still has its last value."""


def named_in(environ: Mapping[str, str]) -> list[Sink]:
    """The Pushgateway that LAKEHOUSE_PUSHGATEWAY names as `<host>:<port>` or by its URL, if any."""
    address = environ.get(VARIABLE, "").strip()
    return [PushgatewaySink(address)] if address else []


def prometheus_name(metric: Metric) -> str:
    """`RowsRead` → `lakehouse_rows_read`; a unit is said as Prometheus does: `RunDuration` → `…_seconds`."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", metric.value.name).lower()
    return f"lakehouse_{snake}{'_seconds' if metric.value.unit == 'Seconds' else ''}"


class PushgatewaySink:
    """Pushes the metrics of each dataset and of each pipeline to a group of their own: none wipes out another's."""

    name = "Pushgateway"

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, measurements: Sequence[Measurement]) -> None:
        """Push group by group; the first that cannot be pushed is the last that is tried."""

        def labels(measurement: Measurement) -> tuple[tuple[str, str], ...]:
            return tuple((name.lower(), value) for name, value in measurement.dimensions.items())

        for key, group in groupby(sorted(measurements, key=labels), key=labels):
            registry = _registry(list(group))
            pushadd_to_gateway(self._address, _JOB, registry, grouping_key=dict(key), timeout=_TIMEOUT_SECONDS)


def _registry(measurements: Sequence[Measurement]) -> CollectorRegistry:
    """The newest value of each metric; the labels are those of the group, which the gateway adds."""
    registry = CollectorRegistry()
    for metric, value in {measurement.metric: measurement.value for measurement in measurements}.items():
        Gauge(prometheus_name(metric), f"{metric.value.name} of the last run", registry=registry).set(value)
        if metric is Metric.DATASET_LOADED and value > 0:
            help_text = "When a run last brought the dataset up to its source"
            Gauge(_LAST_LOADED, help_text, registry=registry).set_to_current_time()
    return registry
