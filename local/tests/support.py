"""An endpoint in a process of its own, and deployments on it straight through CloudFormation."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from readback.aws import Aws

LOCAL = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
START_SECONDS = 30.0
DEPLOY_SECONDS = 120.0


def setting(name: str) -> str:
    """What `npm test` sets for the tests that need it; absent: the test is skipped, and fails under CI."""
    value = os.environ.get(name)
    if value:
        return value
    message = f"'{name}' must be set, got nothing; run 'npm test'"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Poll until the condition gives something true; fails with what it waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:g} seconds")
        time.sleep(0.05)


class Endpoint:
    """A running endpoint."""

    deploy_seconds = DEPLOY_SECONDS
    """How long a deployment may take."""

    def __init__(
        self,
        state: Path,
        spark: dict[str, Any] | None = None,
        module: str = "emulator",
        more: dict[str, Any] | None = None,
    ) -> None:
        self.port = free_port()
        self.state = state
        self.url = f"http://127.0.0.1:{self.port}"
        self.aws = Aws(self.url, REGION)
        state.mkdir(parents=True, exist_ok=True)
        self.config = state / "emulator.json"
        self.config.write_text(
            json.dumps(
                {
                    "port": self.port,
                    "stateDir": str(state / "state"),
                    **({"spark": spark} if spark else {}),
                    **(more or {}),
                }
            )
        )
        self.log = state / "emulator.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "--config", str(self.config)],
                cwd=state,
                env={**os.environ, "PYTHONPATH": str(LOCAL), "AWS_EC2_METADATA_DISABLED": "true"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._answers, START_SECONDS, f"the endpoint's answer (log: {self.log})")

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the endpoint ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        return self.aws.client(service)

    def get(self, path: str) -> Any:
        """A JSON answer of one of its own routes."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as response:
            return json.load(response)

    def post(self, path: str, body: Any) -> Any:
        """A JSON question to one of its own routes."""
        request = urllib.request.Request(f"{self.url}{path}", data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(15)

    # --- deployments

    def deploy(self, stack: str, template: dict[str, Any], **arguments: Any) -> str:
        """Create or update a stack and wait; gives the status it ends in."""
        cloudformation = self.client("cloudformation")
        body = json.dumps(template)
        where = {"TemplateBody": body}
        if len(body) > 50_000:
            where = {"TemplateURL": self.upload(f"{stack}.template.json", body.encode())}
        exists = self.status(stack) is not None
        operation = cloudformation.update_stack if exists else cloudformation.create_stack
        operation(
            StackName=stack, Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"], **where, **arguments
        )
        return self.settled(stack)

    def destroy(self, stack: str) -> str | None:
        """Delete a stack and wait; gives its status, or nothing when it is gone."""
        identifier = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        self.client("cloudformation").delete_stack(StackName=stack)
        return self.settled(identifier)

    def settled(self, stack: str) -> str:
        """The status of a stack once nothing is in progress."""
        until(lambda: not str(self.status(stack)).endswith("IN_PROGRESS"), self.deploy_seconds, f"the end of {stack}")
        return str(self.status(stack))

    def status(self, stack: str) -> str | None:
        """The status of a stack, or nothing when there is none."""
        try:
            found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except self.client("cloudformation").exceptions.ClientError:
            return None
        return str(found[0]["StackStatus"])

    def why(self, stack: str) -> str:
        """The reasons of a stack's failures, newest first."""
        events = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        failed = [e for e in events if "FAILED" in e["ResourceStatus"]]
        return "; ".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in failed)

    def upload(self, key: str, body: bytes, bucket: str = "test-assets") -> str:
        """Put an object where templates and steps find it; gives its URL."""
        s3 = self.client("s3")
        if bucket not in {item["Name"] for item in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        return f"{self.url}/{bucket}/{key}"
