"""A Spark home whose `spark-submit` is a script: what the runner does around it, without Spark's seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_SUBMIT = """#!/bin/bash
# the application is a shell script: the first argument that ends in .sh
while [ $# -gt 0 ] && [[ "$1" != *.sh ]]; do echo "given $1" >&2; shift; done
exec bash "$@"
"""


def spark_home(folder: Path, **more: Any) -> dict[str, Any]:
    """The `spark` section of an endpoint's configuration."""
    (folder / "bin").mkdir(parents=True)
    submit = folder / "bin" / "spark-submit"
    submit.write_text(_SUBMIT)
    submit.chmod(0o755)
    jars = folder / "release-jars"
    jars.mkdir()
    for name in ("iceberg-spark-runtime.jar", "delta-spark.jar", "hadoop-aws.jar"):
        (jars / name).touch()
    return {"sparkHome": str(folder), "python": sys.executable, "javaHome": None, "jars": [str(jars)], **more}
