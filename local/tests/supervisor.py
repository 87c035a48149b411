"""A state machine that supervises a job on a cluster: one step at a time, started again with back-off, reported."""

from __future__ import annotations

from typing import Any

State = dict[str, Any]
_SDK = "arn:aws:states:::aws-sdk"


def supervisor(*, script: str, attempts: int) -> State:
    """Waits while a step of that name is active, adds one, follows it, and reports when it failed too often.

    Input: `cluster`, `topic`.
    """
    jar = {
        "Jar": "command-runner.jar",
        "Args.$": f"States.Array('spark-submit', '{script}', States.Format('--execution={{}}', $$.Execution.Name))",
    }
    step = {"Name": "job", "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar}
    states: dict[str, State] = {
        "Begin": {"Type": "Pass", "Result": 0, "ResultPath": "$.failures", "Next": "Active"},
        "Active": _task(
            "emr:listSteps",
            {"ClusterId.$": "$.cluster", "StepStates": ["PENDING", "RUNNING"]},
            ResultSelector={"count.$": "States.ArrayLength($.Steps)"},
            ResultPath="$.active",
            Next="Free?",
        ),
        "Free?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.active.count", "NumericGreaterThan": 0, "Next": "Later"}],
            "Default": "Submit",
        },
        "Later": {"Type": "Wait", "Seconds": 1, "Next": "Active"},
        "Submit": _task(
            "emr:addJobFlowSteps",
            {"JobFlowId.$": "$.cluster", "Steps": [step]},
            ResultSelector={"id.$": "States.ArrayGetItem($.StepIds, 0)"},
            ResultPath="$.step",
            Next="Follow",
        ),
        "Follow": {"Type": "Wait", "Seconds": 1, "Next": "Describe"},
        "Describe": _task(
            "emr:describeStep",
            {"ClusterId.$": "$.cluster", "StepId.$": "$.step.id"},
            ResultSelector={"state.$": "$.Step.Status.State"},
            ResultPath="$.status",
            Next="Ended?",
        ),
        "Ended?": {
            "Type": "Choice",
            "Choices": [
                {
                    "Or": [{"Variable": "$.status.state", "StringEquals": state} for state in ("PENDING", "RUNNING")],
                    "Next": "Follow",
                },
                {"Variable": "$.status.state", "StringEquals": "COMPLETED", "Next": "Done"},
            ],
            "Default": "Count",
        },
        "Count": {
            "Type": "Pass",
            "Parameters": {"value.$": "States.MathAdd($.failures, 1)"},
            "ResultPath": "$.counted",
            "Next": "Take",
        },
        "Take": {"Type": "Pass", "InputPath": "$.counted.value", "ResultPath": "$.failures", "Next": "Again?"},
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.failures", "NumericLessThan": attempts, "Next": "BackOff"}],
            "Default": "Report",
        },
        "BackOff": {"Type": "Wait", "SecondsPath": "$.failures", "Next": "Active"},
        "Report": _task(
            "sns:publish",
            {
                "TopicArn.$": "$.topic",
                "Subject.$": "States.Format('job failed {} times', $.failures)",
                "Message.$": "States.JsonToString($.step)",
            },
            ResultPath=None,
            Next="Measure",
        ),
        "Measure": _task(
            "cloudwatch:putMetricData",
            {
                "Namespace": "Tests",
                "MetricData": [
                    {
                        "MetricName": "SupervisorGaveUp",
                        "Value.$": "$.failures",
                        "Unit": "Count",
                        "Dimensions": [{"Name": "Cluster", "Value.$": "$.cluster"}],
                    }
                ],
            },
            ResultPath=None,
            Next="Failed",
        ),
        "Failed": {"Type": "Fail", "Error": "JobFailed", "CausePath": "States.JsonToString($.status)"},
        "Done": {"Type": "Succeed"},
        "Unreachable": {"Type": "Fail", "Error": "ClusterGone", "Cause": "the cluster takes no steps"},
    }
    gone = {"ErrorEquals": ["Emr.EmrException", "Emr.InvalidRequestException"], "ResultPath": None}
    states["Submit"]["Catch"] = [{**gone, "Next": "Unreachable"}]
    return {"StartAt": "Begin", "States": states, "TimeoutSeconds": 120}


def _task(action: str, parameters: State, **rest: Any) -> State:
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1, "MaxDelaySeconds": 2}
    return {"Type": "Task", "Resource": f"{_SDK}:{action}", "Parameters": parameters, "Retry": [retry], **rest}
