"""`main.py transform`: build and test gold with dbt."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from lakehouse_jobs.commands.command import FAILED, OK, Command, lineage_run, runtime_of
from lakehouse_jobs.lineage_steps import load_lineage
from lakehouse_jobs.objects import store_for
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.session import starting

_LOGGER = logging.getLogger(__name__)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--select", help="what to build, in dbt's words; all when left out")
    parser.add_argument(
        "--rebuild", action="store_true", help="build also when nothing that gold is made of has changed"
    )
    parser.add_argument("--project", type=Path, default=Path("dbt"), help="folder of the dbt project")


def _run(options: argparse.Namespace) -> int:
    runtime = runtime_of(options)
    with starting("transform") as spark:
        # dbt is not among what the other jobs bring along, and takes as long to load as Spark to start
        from lakehouse_jobs import transform  # noqa: PLC0415
        from lakehouse_jobs.dbt_lineage import TransformLineage  # noqa: PLC0415

        artifacts = runtime.bucket_uri("artifacts")
        job = transform.Transform(
            run_id=options.run_id,
            correlation_id=options.correlation_id,
            databases=dict(runtime.databases),
            artifacts_uri=artifacts,
            store=store_for(artifacts),
            project=options.project,
            select=options.select,
            rebuild=options.rebuild,
            retry=RetryPolicy(),
            lineage=TransformLineage(*load_lineage(runtime, lineage_run(options, runtime))),
        )
        failed = transform.run(spark, job).failed
    if not failed:
        return OK
    # the last error a job logs becomes the reason of its EMR step
    reasons = " | ".join(f"{node.name}: {node.message}" for node in failed)
    _LOGGER.error(f"{len(failed)} models and tests failed", extra={"error": reasons})
    return FAILED


COMMAND = Command("transform", "build and test gold with dbt", _arguments, _run)
