"""The state machines of the examples, as an endpoint without their stacks takes them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support import LOCAL, Endpoint

BUCKET = "test-assets"
Definition = dict[str, Any]


def template(example: str, folder: Path) -> Any:
    """The template of an example, synthesized into a folder."""
    node = shutil.which("node")
    assert node, "Node.js is on the path"
    subprocess.run(
        [node, "--import", "tsx", f"examples/{example}.ts"],
        cwd=LOCAL.parent,
        env={**os.environ, "CDK_OUTDIR": str(folder)},
        check=True,
        capture_output=True,
    )
    [template] = folder.glob("*.template.json")
    return json.loads(template.read_text())


def _text(value: Any, known: dict[str, str]) -> str:
    """A value of a template as text; what is not known is its logical id."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_text(part, known) for part in parts)
    if "Fn::Sub" in value:
        return str(value["Fn::Sub"])
    name = str(value.get("Ref") or ".".join(value["Fn::GetAtt"]))
    return next((known[key] for key in known if name.startswith(key)), name)


def definition_of(template: Any, known: dict[str, str]) -> Definition:
    """The definition of its state machine; the names of what it refers to begin as in `known`."""
    kinds = {"AWS::Partition": "aws", "ZonesArtifacts": BUCKET, **known}
    [machine] = [r for r in template["Resources"].values() if r["Type"] == "AWS::StepFunctions::StateMachine"]
    definition: Definition = json.loads(_text(machine["Properties"]["DefinitionString"], kinds))
    return definition


def cluster_of(endpoint: Endpoint) -> str:
    """A cluster that takes steps; gives its id."""
    instances = {"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"}
    made = endpoint.client("emr").run_job_flow(
        Name="streaming", ReleaseLabel="emr-7.14.0", Instances=instances, StepConcurrencyLevel=10
    )
    return str(made["JobFlowId"])


def supervised(template: Any, cluster: str, script: str, name: str, topic: str = "nobody") -> Definition:
    """The supervisor of a streaming job by name, which submits a script of `BUCKET` to a cluster."""
    known = {"Cluster": cluster, "AlertsCritical": topic}
    definition = definition_of(template, known)
    step = definition["States"]["Start"]["Arguments"]["Steps"][0]["HadoopJarStep"]
    given = step["Args"]
    step["Args"] = [*given[:3], f"s3://{BUCKET}/{script}", *given[given.index("--checkpoint") :]]
    itself = definition["States"]["HandOver"]["Arguments"]
    itself["StateMachineArn"] = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
    return definition
