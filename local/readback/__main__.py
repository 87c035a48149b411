"""`python -m readback --endpoint URL --stack NAME --region REGION [--type AWS::MSK] [--json FILE]`.

Exit code 1 on any mismatch, 2 without a stack.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from readback.report import Report, read_back


def main() -> int:
    """Read the stack back, print the findings, write the JSON report."""
    parser = argparse.ArgumentParser(prog="readback", description=__doc__)
    parser.add_argument("--endpoint", required=True, help="the AWS endpoint's URL")
    parser.add_argument("--stack", required=True, help="the root stack's name")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--type", default="", help="only types whose names begin like this")
    parser.add_argument("--json", type=Path, help="also write the report here")
    arguments = parser.parse_args()
    try:
        report = read_back(arguments.endpoint, arguments.stack, arguments.region, arguments.type)
    except (BotoCoreError, ClientError) as error:
        print(f"'--stack' must be deployed at {arguments.endpoint}, got {arguments.stack!r}; {error}", file=sys.stderr)
        return 2
    if arguments.json:
        arguments.json.write_text(json.dumps(report.to_json(), indent=1), encoding="utf-8")
    _print(report)
    return 1 if report.mismatches else 0


def _print(report: Report) -> None:
    for mismatch in report.mismatches:
        where = f"{mismatch.stack}/{mismatch.logical_id} ({mismatch.type})"
        print(f"{where} {mismatch.property}: template {mismatch.expected!r}, live {mismatch.actual!r}")
    for entry in report.unheld:
        print(f"not readable: {entry['type']} {entry['property']}: {entry['reason']}")
    for item in report.recorded:
        print(f"recorded, not emulated: {item['type']} {item['stack']}/{item['logicalId']}")
    print(
        f"{report.resources} resources, {report.properties} properties read back, "
        f"{len(report.mismatches)} mismatches, {len(report.recorded)} recorded"
    )


if __name__ == "__main__":
    sys.exit(main())
