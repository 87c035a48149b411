"""What jobs push, as a real Prometheus scrapes it; the rules and the dashboard of `monitoring/` on it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from lakehouse_jobs.pushgateway import named_in, prometheus_name
from lakehouse_jobs.telemetry import Metric, Telemetry
from support.prometheus import MONITORING, Monitoring, programs, until

DATASETS = ("flights", "weather")


@pytest.fixture(scope="module")
def monitoring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    """After two runs: the second rejected rows of flights, could not load weather, and so failed."""
    programs()
    running = Monitoring(tmp_path_factory.mktemp("prometheus"))
    try:
        running.wait()
        telemetry = telemetry_to(running)
        report(telemetry, failed=False)
        until(lambda: running.query("lakehouse_runs_succeeded == 1"), "the first run's arrival")
        report(telemetry, failed=True)
        until(lambda: running.query('ALERTS{alertname="LakehouseRunFailed"}'), "the alert of the failed run")
        yield running
    finally:
        running.stop()


def telemetry_to(running: Monitoring) -> Telemetry:
    """CloudWatch is down, which the gateway does not notice."""
    cloudwatch = Mock()
    cloudwatch.put_metric_data.side_effect = ConnectionError("refused")
    return Telemetry(cloudwatch, "dev", named_in({"LAKEHOUSE_PUSHGATEWAY": running.gateway}))


def report(telemetry: Telemetry, *, failed: bool) -> None:
    """A run of both datasets: every metric there is, 1 where its value does not matter."""
    known = {
        Metric.ROWS_READ: 200,
        Metric.ROWS_REJECTED: 5,
        Metric.RUN_DURATION: 8,
        Metric.RUNS_FAILED: failed,
        Metric.RUNS_SUCCEEDED: not failed,
    }
    for metric in Metric:
        value = known.get(metric, 1)
        if "Pipeline" in metric.value.dimensions:
            telemetry.record(metric, value, Pipeline="ingest")
            continue
        for dataset in DATASETS:
            lost = failed and metric is Metric.DATASET_LOADED and dataset == "weather"
            telemetry.record(metric, 0 if lost else value, Dataset=dataset)
    telemetry.flush()


def values(series: list[dict[str, Any]], label: str) -> dict[str, float]:
    return {item["metric"].get(label, ""): float(item["value"][1]) for item in series}


def test_every_metric_of_the_catalogue_arrives_with_its_dimensions(monitoring: Monitoring) -> None:
    for metric in Metric:
        labels = {name.lower() for name in metric.value.dimensions}
        series = monitoring.query(prometheus_name(metric))
        assert [set(item["metric"]) - {"__name__", "job"} for item in series] == [labels] * len(series) != [], metric

    assert prometheus_name(Metric.RUN_DURATION) == "lakehouse_run_duration_seconds"
    assert values(monitoring.query("lakehouse_rows_read"), "dataset") == {"flights": 200, "weather": 200}


def test_failed_load_keeps_the_time_of_the_last_good_one(monitoring: Monitoring) -> None:
    loaded = "lakehouse_dataset_last_loaded_timestamp_seconds"
    assert values(monitoring.query("lakehouse_dataset_loaded"), "dataset") == {"flights": 1, "weather": 0}
    before = values(monitoring.query(f"push_time_seconds - on (dataset) {loaded}"), "dataset")
    assert before["weather"] > before["flights"] + 0.1, "the runs are further apart than a scrape"


def test_rules_derive_and_alert(monitoring: Monitoring) -> None:
    speed = until(lambda: monitoring.query("lakehouse:rows_per_second"), "the speed of the run")
    assert values(speed, "environment") == {"dev": 400 / 8}
    ratio = until(lambda: monitoring.query("lakehouse:reject_ratio"), "the share of rejected rows")
    assert values(ratio, "dataset") == {"flights": 0.025, "weather": 0.025}
    expected = {"LakehouseRunFailed", "LakehouseRowsRejected", "LakehouseManyRowsRejected"}
    until(lambda: monitoring.firing() == expected, f"only {expected}")


def queries() -> list[str]:
    dashboard = json.loads((MONITORING / "grafana" / "lakehouse.json").read_text(encoding="utf-8"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    found = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(panels) > 10
    return [expr.replace("$environment", "dev").replace("$dataset", "flights|weather") for expr in found]


@pytest.mark.parametrize("expression", queries())
def test_query_of_the_dashboard_returns_data(monitoring: Monitoring, expression: str) -> None:
    assert "$" not in expression
    until(lambda: monitoring.query(expression), f"data for {expression}")


def test_variables_of_the_dashboard_offer_what_was_pushed(monitoring: Monitoring) -> None:
    dashboard = json.loads((MONITORING / "grafana" / "lakehouse.json").read_text(encoding="utf-8"))
    offered = {}
    for variable in dashboard["templating"]["list"]:
        if match := re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]):
            offered[variable["name"]] = monitoring.label_values(match[1].replace("$environment", "dev"), match[2])
    assert offered == {"environment": ["dev"], "dataset": ["flights", "weather"]}


def test_rules_pass_their_unit_tests() -> None:
    folder = MONITORING / "prometheus"
    for arguments in (["check", "config", "prometheus.yml"], ["test", "rules", "rules.test.yaml"]):
        done = subprocess.run(
            [programs() / "promtool", *arguments], cwd=folder, capture_output=True, timeout=60, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_unit_test_and_a_page() -> None:
    rules, tests = ((MONITORING / "prometheus" / name).read_text("utf-8") for name in ("rules.yaml", "rules.test.yaml"))
    alerts = set(re.findall(r"alert: (\w+)", rules))
    assert len(alerts) > 5
    assert alerts == set(re.findall(r"alertname: (\w+)", tests))
    for page, anchor in re.findall(r"runbook: ([\w/.-]+)#?([\w-]*)", rules):
        text = (MONITORING.parent / page).read_text(encoding="utf-8")
        assert not anchor or f"## {anchor}\n" in text, (page, anchor)
