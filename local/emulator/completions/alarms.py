"""CloudWatch: alarms look at their own dimensions only, metric math included; suppressors are kept and obeyed.

The endpoint evaluates an alarm over every series of the metric's name, whatever the dimensions, and drops `Metrics`.
Here a series counts when its dimensions are exactly the alarm's, per period, with M of N and missing data as declared.
Source: CloudWatch User Guide, "Using CloudWatch alarms" (evaluation, missing data), "Alarm suppression".
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterable
from typing import Any

from ministack.services import cloudwatch

from emulator.completions import metric_math
from emulator.completions.metric_math import MetricMathError, Series

log = logging.getLogger("emulator.alarms")

Alarm = dict[str, Any]

_KEPT = ("Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile")
_SUPPRESSION = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
_LOOK_BACK = 10
"""Periods before those evaluated, for expressions that look at the value before."""
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
    _let_alarms_be_suppressed()


def _let_dashboards_take_tags() -> None:
    """The endpoint's tag operations know alarms only; the tags themselves are kept by ARN."""
    refuse = cloudwatch._validate_alarm_tag_arn

    def validate(arn: str, is_json: bool = False, is_cbor: bool = False) -> Any:
        if any(dashboard.get("DashboardArn") == arn for dashboard in cloudwatch._dashboards.values()):
            return None
        return refuse(arn, is_json=is_json, is_cbor=is_cbor)

    cloudwatch._validate_alarm_tag_arn = validate


def _let_alarms_be_suppressed() -> None:
    """Keep a composite alarm's suppressor; while that one is in ALARM, the composite alarm acts on nothing."""
    put, dispatch = cloudwatch._put_composite_alarm, cloudwatch._dispatch_alarm_actions

    def keeping(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        name = (data or {}).get("AlarmName", "")
        kept = {key: data[key] for key in _SUPPRESSION if isinstance(data, dict) and data.get(key) is not None}
        response = put(params, data, is_cbor, is_json)
        if name in cloudwatch._composite_alarms:
            cloudwatch._composite_alarms[name].update(kept)
        return response

    def dispatching(alarm: Alarm, old: str, new: str, reason: str) -> None:
        suppressor = alarm.get("ActionsSuppressor")
        for name in ("ActionsSuppressedBy", "ActionsSuppressedReason"):
            alarm.pop(name, None)
        if suppressor and cloudwatch._rule_alarm_state(suppressor) == "ALARM":
            alarm["ActionsSuppressedBy"] = "Alarm"
            alarm["ActionsSuppressedReason"] = f"Actions suppressed by {suppressor}"
            return
        dispatch(alarm, old, new, reason)

    cloudwatch._put_composite_alarm = keeping
    cloudwatch._dispatch_alarm_actions = dispatching


def evaluate(alarm: Alarm) -> None:
    """Move the alarm to the state its newest periods give, with history, actions and composite alarms above it."""
    now = time.time()
    if alarm.get("Metrics"):
        try:
            verdict = math_state(alarm, now)
        except MetricMathError as error:
            reason = f"not evaluated here: {error}"
            if alarm.get("StateReason") != reason:
                # every value of any metric comes by here: it is said once
                alarm["StateReason"] = reason
                log.warning("alarm %s is %s", alarm["AlarmName"], reason)
            return
    elif alarm.get("Namespace") and alarm.get("MetricName"):
        verdict = state(alarm, _points(alarm), now)
    else:
        return
    if verdict is None or verdict == alarm["StateValue"]:
        return
    old, alarm["StateValue"] = alarm["StateValue"], verdict
    statistic = "metric math" if alarm.get("Metrics") else alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    reason = f"Threshold Crossed: {statistic} {alarm['ComparisonOperator']} {alarm['Threshold']}: {verdict}"
    alarm["StateReason"], alarm["StateUpdatedTimestamp"] = reason, int(now)
    cloudwatch._record_history(alarm["AlarmName"], old, verdict, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, verdict, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def state(alarm: Alarm, points: list[dict[str, Any]], now: float) -> str | None:
    """The alarm's state from its metric's data points."""
    period, count = int(alarm.get("Period") or 60), int(alarm.get("EvaluationPeriods") or 1)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    series = _per_period(points, statistic, (period, count, now))
    return _verdict(alarm, series, (period, now, _known_since(alarm, points)))


def math_state(alarm: Alarm, now: float) -> str | None:
    """The alarm's state from its metric math; raises `MetricMathError` when the expression is not known."""
    queries = alarm["Metrics"]
    stats = [query for query in queries if query.get("MetricStat")]
    period = max([int(query["MetricStat"]["Period"]) for query in stats] or [60])
    count = int(alarm.get("EvaluationPeriods") or 1)
    points = {query["Id"]: _points(query["MetricStat"]["Metric"]) for query in stats}
    window = (period, count + _LOOK_BACK, now)
    series = {query["Id"]: _per_period(points[query["Id"]], query["MetricStat"]["Stat"], window) for query in stats}
    waiting = [query for query in queries if query.get("Expression")]
    while waiting:
        # an expression may use another one, wherever that stands
        unknown = {query["Id"] for query in waiting}
        known = [query for query in waiting if unknown.isdisjoint(metric_math.names(query["Expression"]))]
        if not known:
            raise MetricMathError("the expressions use each other in a circle")
        for query in known:
            series[query["Id"]] = metric_math.evaluate(query["Expression"], series, period)
            waiting.remove(query)
    watched = next(query for query in queries if query.get("ReturnData", True))
    since = _known_since(alarm, itertools.chain(*points.values()))
    return _verdict(alarm, series[watched["Id"]][-count:], (period, now, since))


def _known_since(alarm: Alarm, points: Iterable[dict[str, Any]]) -> float:
    """From when on a period without data is one that lacks it: nothing was to be expected before the first value.

    CloudWatch takes a metric that never had a value for missing at once; here a stack that has just been deployed would
    begin with alarms on every table, and each test after it too.
    """
    configured = float(alarm.get("AlarmConfigurationUpdatedTimestamp") or 0)
    return min([configured, *(float(point["Timestamp"]) for point in points)])


def _verdict(alarm: Alarm, values: Series, time_line: tuple[int, float, float]) -> str | None:
    """The state these values give, or nothing when no period holds data and missing data changes nothing.

    `time_line`: seconds of a period, the end of the last one, and from when on missing data is missing.
    """
    period, now, since = time_line
    needed = int(alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods") or 1)
    missing = alarm.get("TreatMissingData", "missing")
    breaching = present = 0
    for position, value in enumerate(reversed(values)):
        if value is not None:
            present += 1
            breaching += _breaches(alarm, value)
        elif missing == "breaching" and now - (position + 1) * period >= since:
            breaching += 1
    if breaching >= needed:
        return "ALARM"
    if present or missing == "notBreaching":
        return "OK"
    return "INSUFFICIENT_DATA" if missing == "missing" else None


def _breaches(alarm: Alarm, value: float) -> bool:
    compare = _COMPARISONS.get(str(alarm.get("ComparisonOperator")))
    return compare is not None and compare(value, float(alarm.get("Threshold") or 0))


def _per_period(points: list[dict[str, Any]], statistic: str, window: tuple[int, int, float]) -> Series:
    """One value for each of the newest periods, oldest first."""
    period, count, now = window
    values: list[float | None] = []
    for position in reversed(range(count)):
        end = now - position * period
        inside = [point for point in points if end - period < point["Timestamp"] <= end]
        values.append(cloudwatch._stat_value(cloudwatch._calc_stats(inside), statistic, inside) if inside else None)
    return tuple(values)


def _points(metric: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    key = (metric["Namespace"], metric["MetricName"], wanted)
    return list(cloudwatch._metrics.get(key) or [])
