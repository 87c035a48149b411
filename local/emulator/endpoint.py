"""The endpoint in this process: ministack, with its private patch points checked first and then used.

ministack has no plug-in hook. Every private name touched is in `_PATCH_POINTS`; all of them are asserted before the
first patch, so that another version fails at start and says so, instead of half working.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

from emulator.exceptions import IncompatibleEndpointError, must

EXPECTED_VERSION = "1.5.33"

_PATCH_POINTS: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_STACK_TAG_PROPERTY",
        "_physical_name",
        "_NAME_SEED",
        "_nested_stack_lookup_name",
        "_delete_resource",
    ),
    "ministack.services.cloudformation.engine": ("_topological_sort",),
    "ministack.services.cloudformation.changesets": ("_RESOURCE_HANDLERS",),
    "ministack.services.cloudformation.stacks": ("_runs_on_worker_thread", "_revert_update"),
    "ministack.services.cloudformation": ("_stacks", "handle_request"),
    "ministack.services.cloudwatch": (
        *("_put_metric_alarm", "_evaluate_alarm", "_alarms", "_metrics", "_calc_stats", "_stat_value", "_dims_key"),
        *("_dims_from_list", "_record_history", "_dispatch_alarm_actions", "_evaluate_parent_alarms"),
        *("record_metric", "_evaluate_all_alarms", "_validate_alarm_tag_arn", "_dashboards"),
        *("_put_composite_alarm", "_composite_alarms", "_rule_alarm_state"),
    ),
    "ministack.services.cloudwatch_logs": ("handle_request", "_log_groups"),
    "ministack.services.s3": ("handle_request", "_parse_bucket_key", "_buckets"),
    "ministack.services.athena": ("_update_workgroup", "_workgroups"),
    "ministack.services.ec2": (
        *("_ACTION_MAP", "_flow_logs", "_nat_gateways", "_vpc_endpoints", "_p", "_parse_member_list"),
    ),
    "ministack.services.emr": ("_HANDLERS", "_clusters", "_steps", "_make_step", "_now_iso"),
    "ministack.services.glue": ("_handle_request_sync", "_ALL_STATE", "_tables", "_tags"),
    "ministack.services.msk": (
        *("handle_request", "_clusters", "_configurations", "_config_revisions", "_tags"),
        *("_create_cluster", "_error", "_now_iso", "_BOOTSTRAP_PLAIN"),
    ),
    "ministack.services.stepfunctions": (
        *("_create_state_machine", "_update_state_machine", "_state_machines", "_executions", "_run_execution"),
        *("_fail_execution", "_add_event", "_emit_execution_status_event", "_scaled_sleep", "_SFN_WAIT_SCALE"),
        *("_invoke_resource", "_invoke_aws_sdk_integration", "_find_matching_retrier", "_resolve_params_obj"),
        *("_eval_intrinsic_arg", "_evaluate_intrinsic", "_evaluate_rule", "_parse_jsonpath_tokens", "_ExecutionError"),
        *("_sdk_json_param_value", "_sdk_json_value", "now_iso", "_iso_to_epoch_ms"),
        *("_apply_output_path", "_apply_jsonata_output", "_state_query_language"),
    ),
    "ministack.services.mwaa": ("handle_request", "_environments"),
    "ministack.services.ssm": ("_put_parameter", "_parameters", "_default_tier"),
    "ministack.core.router": ("_is_aws_service_name",),
    "ministack.app": ("app", "SERVICE_HANDLERS"),
}

Scope = dict[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def check() -> None:
    """Raise `IncompatibleEndpointError` unless the installed ministack is the expected one, patch points included."""
    version = importlib.metadata.version("ministack")
    remedy = "install the environment of local/python/emulator.lock"
    if version != EXPECTED_VERSION:
        raise IncompatibleEndpointError(
            f"ministack {EXPECTED_VERSION} is expected: " + must("ministack", EXPECTED_VERSION, version, remedy)
        )
    missing = [
        f"{module}.{name}"
        for module, names in _PATCH_POINTS.items()
        for name in names
        if not hasattr(importlib.import_module(module), name)
    ]
    revert = importlib.import_module("ministack.services.cloudformation.stacks")
    if not inspect.iscoroutinefunction(getattr(revert, "_revert_update", None)):
        missing.append("ministack.services.cloudformation.stacks._revert_update as a coroutine")
    if missing:
        raise IncompatibleEndpointError(
            f"ministack {EXPECTED_VERSION} is expected: " + must("ministack", "unchanged", missing, remedy)
        )


def install() -> App:
    """Check, then extend the endpoint; gives the ASGI application to serve."""
    check()
    from ministack import app as served
    from ministack.services.cloudformation import changesets, provisioners, stacks

    from emulator.completions import (
        alarms,
        application_scaling,
        athena_updates,
        bucket_metrics,
        ec2_fields,
        emr_api,
        emr_serverless,
        executions,
        kafka_api,
        mwaa_api,
        parameters,
        plain_http,
        saved_queries,
        schema_registry,
        sdk_integrations,
        service_names,
        stack_waits,
        state_machines,
        table_optimizers,
    )
    from emulator.provisioners import all_provisioners
    from emulator.registry import HandlerRegistry
    from emulator.rollback import marking

    for completion in (
        *(alarms, application_scaling, athena_updates, bucket_metrics, ec2_fields, emr_api, emr_serverless, executions),
        *(kafka_api, mwaa_api, parameters, plain_http, saved_queries, schema_registry, sdk_integrations, service_names),
        *(stack_waits, state_machines, table_optimizers),
    ):
        completion.install()
    registry = HandlerRegistry(provisioners._RESOURCE_HANDLERS, all_provisioners())
    provisioners._RESOURCE_HANDLERS = changesets._RESOURCE_HANDLERS = registry
    for resource_type, provisioner in registry.ours.items():
        if provisioner.tag_shape:
            provisioners._STACK_TAG_PROPERTY.setdefault(resource_type, ("Tags", provisioner.tag_shape))
    _call_back_off_the_event_loop(stacks, set(registry.ours))
    stacks._revert_update = marking(stacks._revert_update)
    return _with_recorded_route(served.app, registry)


def _call_back_off_the_event_loop(stacks: Any, ours: set[str]) -> None:
    """Our handlers call this very server, so they must not block the loop that answers."""
    stock = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type in ours or stock(resource_type)


def _with_recorded_route(app: App, registry: Any) -> App:
    async def routed(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/_lakehouse/recorded":
            await app(scope, receive, send)
            return
        body = json.dumps({"recorded": _recorded(registry)}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return routed


def _recorded(registry: Any) -> list[dict[str, str]]:
    """What is deployed and only recorded, from the stacks of every account and region."""
    from ministack.services.cloudformation import _stacks

    found = []
    for stack in _stacks._data.values():
        for logical_id, resource in (stack.get("_resources") or {}).items():
            if (registry.get(resource.get("ResourceType", "")) or {}).get("recorded"):
                found.append(
                    {
                        "stack": str(stack.get("StackName")),
                        "logicalId": logical_id,
                        "type": resource["ResourceType"],
                        "physicalId": str(resource.get("PhysicalResourceId")),
                    }
                )
    return found
