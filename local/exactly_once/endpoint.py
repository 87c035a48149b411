"""The embedded endpoint as a process, and the clients that look at it past the proxy."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog, load_catalog

from exactly_once.processes import Process, until
from exactly_once.settings import ROOT
from readback.aws import Aws

REGION = "us-east-1"
_START_SECONDS = 60
_DEPLOY_SECONDS = 120


class Endpoint:
    """A running endpoint without Spark."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._aws = Aws(self.url, REGION)
        folder.mkdir(parents=True)
        config = folder / "emulator.json"
        config.write_text(json.dumps({"port": port, "stateDir": str(folder / "state"), "region": REGION}))
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "local"), "AWS_EC2_METADATA_DISABLED": "true"}
        argv = [sys.executable, "-m", "emulator", "--config", str(config)]
        self._process = Process(argv, folder.with_suffix(".log"), environment)
        try:
            self._process.wait_until(self._answers, _START_SECONDS, "the endpoint")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it, and all that it kept, at once: whoever interrupts the suite does not wait for long."""
        self._process.kill()

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        return self._aws.client(service)

    def catalog(self) -> Catalog:
        """Its Glue catalog, as PyIceberg reads it: not by the code that wrote the tables."""
        keys = {"access-key-id": "test", "secret-access-key": "test", "region": REGION, "endpoint": self.url}
        properties = {f"{service}.{key}": value for service in ("glue", "s3") for key, value in keys.items()}
        return load_catalog("verify", type="glue", **properties)

    def deploy(self, stack: str, template: dict[str, Any]) -> None:
        """Create a stack and wait until it is."""
        client = self.client("cloudformation")
        client.create_stack(StackName=stack, TemplateBody=json.dumps(template))

        def is_complete() -> bool:
            [found] = client.describe_stacks(StackName=stack)["Stacks"]
            return str(found["StackStatus"]) == "CREATE_COMPLETE"

        until(is_complete, _DEPLOY_SECONDS, f"the creation of stack {stack}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False
