"""What datacontract-cli says of contracts, all in one process because most of its time is its start.

Writes a JSON object: of each file what its check `lint` ends with, and why.
"""

from __future__ import annotations

import json
import sys

from datacontract.data_contract import DataContract


def verdict(file: str) -> dict[str, object]:
    run = DataContract(data_contract_file=file, all_errors=True).lint()
    return {"result": run.result, "checks": [f"{check.name}: {check.reason or ''}" for check in run.checks]}


json.dump({file: verdict(file) for file in sys.argv[1:]}, sys.stdout)
