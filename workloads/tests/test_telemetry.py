from __future__ import annotations

import logging
from unittest.mock import Mock

import pytest
import yaml

from lakehouse_jobs.pushgateway import named_in
from lakehouse_jobs.telemetry import NAMESPACE, Metric, Telemetry
from support.lake import CONTRACTS
from support.postgres import free_port


def test_metrics_are_those_of_the_catalogue() -> None:
    catalogue = yaml.safe_load((CONTRACTS / "metrics.yaml").read_text(encoding="utf-8"))
    jobs = {"ingest", "stream", "quality"}
    theirs = {
        entry["name"]: (entry["unit"], entry["dimensions"])
        for entry in catalogue["metrics"]
        if jobs & set(entry["emittedBy"])
    }

    assert catalogue["namespace"] == NAMESPACE
    assert {metric.value.name: (metric.value.unit, list(metric.value.dimensions)) for metric in Metric} == theirs


def test_values_carry_their_dimensions() -> None:
    client = Mock()
    telemetry = Telemetry(client, "dev")
    telemetry.record(Metric.ROWS_READ, 7, Dataset="flights")

    telemetry.flush()
    telemetry.flush()

    client.put_metric_data.assert_called_once_with(
        Namespace="Lakehouse",
        MetricData=[
            {
                "MetricName": "RowsRead",
                "Unit": "Count",
                "Value": 7,
                "Dimensions": [{"Name": "Environment", "Value": "dev"}, {"Name": "Dataset", "Value": "flights"}],
            }
        ],
    )


def test_fails_when_dimensions_are_not_the_catalogues() -> None:
    with pytest.raises(ValueError, match=r"'RunDuration' must have the dimensions \('Environment', 'Pipeline'\)"):
        Telemetry(Mock(), "dev").record(Metric.RUN_DURATION, 1, Dataset="flights")


def test_sink_that_is_down_is_reported_once_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client = Mock()
    client.put_metric_data.side_effect = ConnectionError("refused")
    telemetry = Telemetry(client, "dev")
    for _ in range(2500):
        telemetry.record(Metric.ROWS_READ, 1, Dataset="flights")

    with caplog.at_level(logging.INFO):
        flush(telemetry)
        flush(telemetry)
        client.put_metric_data.side_effect = None
        flush(telemetry)
        flush(telemetry)

    messages = [entry.getMessage() for entry in caplog.records]
    assert messages == ["metrics could not be sent; the run goes on", "metrics are sent again"]


def test_gateway_that_is_down_keeps_nothing_from_cloudwatch(caplog: pytest.LogCaptureFixture) -> None:
    client = Mock()
    telemetry = Telemetry(client, "dev", named_in({"LAKEHOUSE_PUSHGATEWAY": f"127.0.0.1:{free_port()}"}))

    flush(telemetry)
    flush(telemetry)

    assert client.put_metric_data.call_count == 2
    assert [(entry.getMessage(), vars(entry)["sink"]) for entry in caplog.records] == [
        ("metrics could not be sent; the run goes on", "Pushgateway")
    ]


def test_gateway_is_used_only_when_it_is_named() -> None:
    assert named_in({}) == named_in({"LAKEHOUSE_PUSHGATEWAY": " "}) == []


def flush(telemetry: Telemetry) -> None:
    telemetry.record(Metric.ROWS_READ, 1, Dataset="flights")
    telemetry.flush()
