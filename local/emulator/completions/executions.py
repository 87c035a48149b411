"""Step Functions executions: an ended one stays ended, waits end with it, timeouts and retry delays are honoured.

The endpoint's interpreter sleeps through a stop, lets a task that ends later overwrite it, caps every retry delay at a
minute, knows no timeout of a whole execution, emits no metrics, and reads a path that is not there as null.

Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows", StopExecution,
"Monitoring Step Functions metrics using CloudWatch"; Amazon States Language specification, "Timeouts",
"Retrying after error", "Paths".
"""

from __future__ import annotations

import contextvars
import json
import random
import threading
import time
from typing import Any

from ministack.services import cloudwatch, stepfunctions

Record = dict[str, Any]

_SLICE_SECONDS = 0.1
_UNDER_WAY: contextvars.ContextVar[tuple[Record, ...]] = contextvars.ContextVar("executions_under_way", default=())
"""The execution whose states run in this thread, and those that wait for it."""


_METRICS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


class _EndedError(BaseException):
    """Leaves the interpreter; no `Retry` and no `Catch` sees it."""


def install() -> None:
    """Put these in the interpreter's place for them."""
    stepfunctions._scaled_sleep = _sleep
    stepfunctions._emit_execution_status_event = _measuring(stepfunctions._emit_execution_status_event)
    stepfunctions._run_execution = _running(stepfunctions._run_execution)
    stepfunctions._fail_execution = _failing(stepfunctions._fail_execution)
    stepfunctions._invoke_resource = _invoking(stepfunctions._invoke_resource)
    stepfunctions._find_matching_retrier = _retrying(stepfunctions._find_matching_retrier)
    stepfunctions._resolve_params_obj = _checking_paths(stepfunctions._resolve_params_obj)
    stepfunctions._eval_intrinsic_arg = _checking_argument(stepfunctions._eval_intrinsic_arg)
    stepfunctions._evaluate_intrinsic = _failing_intrinsic(stepfunctions._evaluate_intrinsic)
    stepfunctions._evaluate_rule = _checking_variable(stepfunctions._evaluate_rule)
    stepfunctions._apply_output_path = _succeeding(stepfunctions._apply_output_path)


def _running(run: Any) -> Any:
    def running(arn: str) -> None:
        record = stepfunctions._executions.get(arn)
        if record is None:
            return
        token = _UNDER_WAY.set((record,))
        limit = _timer(record)
        try:
            run(arn)
        except _EndedError:
            pass
        finally:
            if limit:
                limit.cancel()
            _UNDER_WAY.reset(token)

    return running


def _timer(record: Record) -> threading.Timer | None:
    """Ends the execution after the `TimeoutSeconds` of its machine."""
    machine = stepfunctions._state_machines.get(record["stateMachineArn"]) or {}
    try:
        seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    except ValueError:
        return None
    if not seconds:
        return None
    context = contextvars.copy_context()
    timer = threading.Timer(float(seconds), context.run, args=(_time_out, record))
    timer.daemon = True
    timer.start()
    return timer


def _time_out(record: Record) -> None:
    if record["status"] == "RUNNING":
        record.update(status="TIMED_OUT", stopDate=stepfunctions.now_iso(), error="States.Timeout")
        stepfunctions._add_event(record, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        stepfunctions._emit_execution_status_event(record)


def _measuring(emit: Any) -> Any:
    """The service's own metrics of every change of status; alarms on them are looked at at once."""

    def measuring(record: Record) -> None:
        emit(record)
        dimensions = {"StateMachineArn": record["stateMachineArn"]}
        cloudwatch.record_metric("AWS/States", _METRICS[record["status"]], 1, "Count", dimensions)
        if record["status"] != "RUNNING":
            begun, ended = (stepfunctions._iso_to_epoch_ms(record[key]) for key in ("startDate", "stopDate"))
            cloudwatch.record_metric("AWS/States", "ExecutionTime", ended - begun, "Milliseconds", dimensions)
        cloudwatch._evaluate_all_alarms()

    return measuring


def _failing(fail: Any) -> Any:
    def failing(record: Record, error: str, cause: str) -> None:
        if record["status"] == "RUNNING":
            fail(record, error, cause)

    return failing


def _invoking(invoke: Any) -> Any:
    def invoking(resource: str, data: Any) -> Any:
        _still_running()
        answer = invoke(resource, data)
        _still_running()
        return answer

    return invoking


def _still_running() -> None:
    if any(record["status"] != "RUNNING" for record in _UNDER_WAY.get()):
        raise _EndedError


def _sleep(seconds: float) -> None:
    end = time.monotonic() + seconds * stepfunctions._SFN_WAIT_SCALE
    while (left := end - time.monotonic()) > 0:
        _still_running()
        time.sleep(min(left, _SLICE_SECONDS))
    _still_running()


def _retrying(find: Any) -> Any:
    """Wait the whole delay here, so that the interpreter, which caps it, has none left to wait."""

    def retrying(retriers: list[Record], error: str, counts: dict[int, int]) -> tuple[Record | None, int]:
        retrier, position = find(retriers, error, counts)
        if retrier is None:
            return retrier, position
        _sleep(delay(retrier, counts.get(position, 0)))
        return {**retrier, "IntervalSeconds": 0}, position

    return retrying


def delay(retrier: Record, count: int) -> float:
    """The seconds before the next attempt, after `count` retries."""
    seconds = float(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** count)
    seconds = min(seconds, float(retrier.get("MaxDelaySeconds", seconds)))
    return random.uniform(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def _succeeding(apply: Any) -> Any:
    """The output of a Succeed state in JSONata, which the interpreter takes for one in JSONPath."""

    def applying(state: Record, data: Any, context: Any = None) -> Any:
        if stepfunctions._state_query_language(state, context) == "JSONata":
            return stepfunctions._apply_jsonata_output(state, data, context, default=data)
        return apply(state, data, context)

    return applying


# --- paths


def present(path: str, data: Any, context: Any) -> bool:
    """Whether a reference path leads to something, null included."""
    if path.startswith("$$"):
        path, data = path[1:], context
    tokens = stepfunctions._parse_jsonpath_tokens(path)
    if tokens is None:
        return False
    for kind, key in tokens:
        if kind == "wildcard":
            return True
        if kind == "field" and not (isinstance(data, dict) and key in data):
            return False
        if kind == "index" and not (isinstance(data, list) and key < len(data)):
            return False
        data = data[key]
    return True


def _checking_paths(resolve: Any) -> Any:
    def resolving(template: Any, data: Any, context: Any = None) -> Any:
        for key, path in template.items() if isinstance(template, dict) else ():
            if key.endswith(".$") and str(path).startswith("$") and not present(path, data, context):
                shown = json.dumps(data, default=str)
                message = f"The JSONPath '{path}' specified for the field '{key}' could not be found in '{shown}'"
                raise stepfunctions._ExecutionError("States.ParameterPathFailure", message)
        return resolve(template, data, context)

    return resolving


def _checking_argument(evaluate: Any) -> Any:
    def evaluating(argument: Any, data: Any, context: Any) -> Any:
        if argument[0] == "path" and not present(argument[1], data, context):
            raise ValueError(f"The JsonPath argument for the field '{argument[1]}' could not be found in the input")
        return evaluate(argument, data, context)

    return evaluating


def _failing_intrinsic(evaluate: Any) -> Any:
    def evaluating(expression: str, data: Any, context: Any) -> Any:
        try:
            return evaluate(expression, data, context)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            message = f"The function '{expression}' had the following error: {error}"
            raise stepfunctions._ExecutionError("States.IntrinsicFailure", message) from error

    return evaluating


def _checking_variable(evaluate: Any) -> Any:
    def evaluating(rule: Record, data: Any, context: Any = None) -> bool:
        path = rule.get("Variable")
        if path is None:
            return bool(evaluate(rule, data, context))
        there = present(path, data, context)
        if "IsPresent" in rule:
            return bool(there == rule["IsPresent"])
        if not there:
            message = f"Invalid path '{path}': The choice state's condition path references an invalid value."
            raise stepfunctions._ExecutionError("States.Runtime", message)
        return bool(evaluate(rule, data, context))

    return evaluating
