"""A cloud assembly of the CDK (`cdk.out`) deployed without its command line: assets uploaded, stacks created."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from tests.support import REGION, Endpoint

ACCOUNT = "000000000000"


def assembly() -> Path:
    """The folder LAKEHOUSE_TEMPLATES names; without it the test is skipped, and fails under CI."""
    given = os.environ.get("LAKEHOUSE_TEMPLATES")
    if given:
        return Path(given)
    message = "LAKEHOUSE_TEMPLATES must name a cdk.out folder, got nothing; run 'npm run synth -- dev'"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def deploy(endpoint: Endpoint, folder: Path) -> str:
    """Deploy the assembly's one stack; gives its name."""
    manifest = json.loads((folder / "manifest.json").read_text())
    stacks = {k: v for k, v in manifest["artifacts"].items() if v["type"] == "aws:cloudformation:stack"}
    (artifact, stack), *rest = stacks.items()
    assert not rest, "one stack is expected"
    endpoint.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    for key in (f"{artifact}.assets",):
        _upload_assets(endpoint, folder, folder / manifest["artifacts"][key]["properties"]["file"])
    template = json.loads((folder / stack["properties"]["templateFile"]).read_text())
    tags = [{"Key": k, "Value": v} for k, v in (stack["properties"].get("tags") or {}).items()]
    name = stack["properties"].get("stackName", artifact)
    status = endpoint.deploy(name, template, **({"Tags": tags} if tags else {}))
    assert status == "CREATE_COMPLETE", endpoint.why(name)
    return str(name)


def _upload_assets(endpoint: Endpoint, folder: Path, listed: Path) -> None:
    for asset in json.loads(listed.read_text())["files"].values():
        source = folder / asset["source"]["path"]
        body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            names = {key: _placed(destination[key]) for key in ("bucketName", "objectKey")}
            endpoint.upload(names["objectKey"], body, names["bucketName"])


def _placed(text: str) -> str:
    return (
        text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION).replace("${AWS::Partition}", "aws")
    )


def _zipped(source: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(source))
    return packed.getvalue()
