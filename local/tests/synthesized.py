"""A cloud assembly of the CDK (`cdk.out`) deployed without its command line: assets uploaded, stacks created."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import REGION, Endpoint, setting
from tests.templates import Template

ACCOUNT = "000000000000"
NESTED = "AWS::CloudFormation::Stack"

Change = Callable[[Template, dict[str, Template]], None]
"""What a test does to the root template and to the nested ones, by their logical ids."""


def folder_of(environment: str) -> Path:
    """Where LAKEHOUSE_TEMPLATES, a folder with a cdk.out of each environment, holds this one."""
    return Path(setting("LAKEHOUSE_TEMPLATES")) / environment


class Assembly:
    """The one stack of an environment, with its nested stacks and assets."""

    def __init__(self, environment: str) -> None:
        self.folder = folder_of(environment)
        manifest = json.loads((self.folder / "manifest.json").read_text())
        stacks = {k: v for k, v in manifest["artifacts"].items() if v["type"] == "aws:cloudformation:stack"}
        ((artifact, stack),) = stacks.items()
        self.name = str(stack["properties"].get("stackName", artifact))
        self.tags = [{"Key": k, "Value": v} for k, v in (stack["properties"].get("tags") or {}).items()]
        account = stack["environment"].removeprefix("aws://").split("/")[0]
        self.account = account if account.isdigit() else ACCOUNT
        self.root: Template = json.loads((self.folder / stack["properties"]["templateFile"]).read_text())
        listed = self.folder / manifest["artifacts"][f"{artifact}.assets"]["properties"]["file"]
        self.files: list[dict[str, Any]] = list(json.loads(listed.read_text())["files"].values())
        self.nested = {
            key: self._template_at(json.dumps(body["Properties"]["TemplateURL"]))
            for key, body in self.root["Resources"].items()
            if body["Type"] == NESTED
        }

    def endpoint(self, state: Path, module: str = "emulator") -> Endpoint:
        """An endpoint of the environment's account that holds the assets."""
        endpoint = Endpoint(state, module=module, more={"accountId": self.account})
        endpoint.client("ssm").put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
        )
        self.provide(endpoint)
        return endpoint

    def provide(self, endpoint: Endpoint) -> None:
        """Put the assets where the stack looks for them."""
        for asset in self.files:
            source = self.folder / asset["source"]["path"]
            body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
            for destination in asset["destinations"].values():
                names = {key: self._placed(destination[key]) for key in ("bucketName", "objectKey")}
                endpoint.upload(names["objectKey"], body, names["bucketName"])

    def deploy(self, endpoint: Endpoint, change: Change | None = None) -> str:
        """Create or update the stack, changed or as it was synthesized; gives the status it ends in."""
        root, nested = copy.deepcopy(self.root), copy.deepcopy(self.nested)
        if change:
            change(root, nested)
        for key, template in nested.items():
            if template != self.nested[key]:
                body = json.dumps(template).encode()
                url = endpoint.upload(f"{hashlib.sha256(body).hexdigest()}.json", body)
                root["Resources"][key]["Properties"]["TemplateURL"] = url
        return endpoint.deploy(self.name, root, **({"Tags": self.tags} if self.tags else {}))

    def _template_at(self, url: str) -> Template:
        for asset in self.files:
            if any(destination["objectKey"] in url for destination in asset["destinations"].values()):
                template: Template = json.loads((self.folder / asset["source"]["path"]).read_text())
                return template
        raise AssertionError(f"no asset of the assembly is at {url}")

    def _placed(self, text: str) -> str:
        return (
            text.replace("${AWS::AccountId}", self.account)
            .replace("${AWS::Region}", REGION)
            .replace("${AWS::Partition}", "aws")
        )


def _zipped(source: Path) -> bytes:
    """The same bytes for the same files, whenever they were copied: a function is compared with its archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            archive.writestr(zipfile.ZipInfo(str(path.relative_to(source))), path.read_bytes())
    return packed.getvalue()
