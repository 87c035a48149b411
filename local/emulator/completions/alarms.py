"""CloudWatch: metric math is kept, an alarm looks at its own dimensions only, dashboards take tags.

The endpoint evaluates an alarm over every series of the metric's name, whatever the dimensions, and drops `Metrics`.
Here a series counts when its dimensions are exactly the alarm's, per period, with M of N and missing data as declared.
Metric-math alarms are kept and described, never evaluated.
Source: CloudWatch User Guide, "Using CloudWatch alarms" (evaluation, missing data).
"""

from __future__ import annotations

import time
from typing import Any

from ministack.services import cloudwatch

_KEPT = ("Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile")
_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def install() -> None:
    """Put the evaluation and the keeping in the endpoint's place for them."""
    put = cloudwatch._put_metric_alarm

    def keeping(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        response = put(params, data, is_cbor, is_json)
        alarm = cloudwatch._alarms.get((data or {}).get("AlarmName", ""))
        if alarm is not None and isinstance(data, dict):
            alarm.update({name: data[name] for name in _KEPT if data.get(name) is not None})
            if data.get("Metrics"):
                for name in ("MetricName", "Namespace", "Statistic", "Period"):
                    alarm.pop(name, None)
        return response

    cloudwatch._put_metric_alarm = keeping
    cloudwatch._evaluate_alarm = evaluate
    _let_dashboards_take_tags()


def _let_dashboards_take_tags() -> None:
    """The endpoint's tag operations know alarms only; the tags themselves are kept by ARN."""
    refuse = cloudwatch._validate_alarm_tag_arn

    def validate(arn: str, is_json: bool = False, is_cbor: bool = False) -> Any:
        if any(dashboard.get("DashboardArn") == arn for dashboard in cloudwatch._dashboards.values()):
            return None
        return refuse(arn, is_json=is_json, is_cbor=is_cbor)

    cloudwatch._validate_alarm_tag_arn = validate


def evaluate(alarm: dict[str, Any]) -> None:
    """Move the alarm to the state its newest periods give, with history, actions and composite alarms above it."""
    if not alarm.get("Namespace") or not alarm.get("MetricName"):
        return
    verdict = state(alarm, _points(alarm), time.time())
    if verdict is None or verdict == alarm["StateValue"]:
        return
    old, alarm["StateValue"] = alarm["StateValue"], verdict
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    reason = f"Threshold Crossed: {statistic} {alarm['ComparisonOperator']} {alarm['Threshold']}: {verdict}"
    alarm["StateReason"], alarm["StateUpdatedTimestamp"] = reason, int(time.time())
    cloudwatch._record_history(alarm["AlarmName"], old, verdict, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, verdict, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def state(alarm: dict[str, Any], points: list[dict[str, Any]], now: float) -> str | None:
    """The alarm's state from its data points; nothing when no period holds data and missing data changes nothing.

    A period from before the alarm was configured counts only when it holds data.
    """
    period, periods = int(alarm.get("Period") or 60), int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    missing = alarm.get("TreatMissingData", "missing")
    since = float(alarm.get("AlarmConfigurationUpdatedTimestamp") or 0)
    breaching = present = 0
    for position in range(periods):
        end = now - position * period
        inside = [point for point in points if end - period < point["Timestamp"] <= end]
        if inside:
            present += 1
            breaching += _breaches(alarm, inside)
        elif missing == "breaching" and end - period >= since:
            breaching += 1
    if breaching >= needed:
        return "ALARM"
    if present or missing == "notBreaching":
        return "OK"
    return None


def _breaches(alarm: dict[str, Any], points: list[dict[str, Any]]) -> bool:
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
    compare = _COMPARISONS.get(str(alarm.get("ComparisonOperator")))
    return value is not None and compare is not None and compare(value, float(alarm.get("Threshold") or 0))


def _points(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    key = (alarm["Namespace"], alarm["MetricName"], wanted)
    return list(cloudwatch._metrics.get(key) or [])
