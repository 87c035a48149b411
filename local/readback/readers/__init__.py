"""One reader per CloudFormation type, by AWS service; each uses public describe operations only."""

from __future__ import annotations

import importlib

from readback.readers.common import READERS

for _module in (
    *("airflow", "application_scaling", "configuration", "costs", "ec2", "emr", "functions", "glue", "kafka"),
    *("messaging", "monitoring", "queries", "s3", "schema_registry", "security", "security_groups", "workflows"),
):
    importlib.import_module(f"readback.readers.{_module}")

__all__ = ["READERS"]
