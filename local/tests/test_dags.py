"""The DAGs under real Airflow: read without asking anything of anybody, then run on an EMR cluster of the endpoint."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_spark import spark_home
from tests.support import LOCAL, REGION, Endpoint, setting
from tests.test_job_runner import cluster

DAGS = LOCAL.parent / "workloads" / "dags"
ENVIRONMENT = "tests"
RUN_ID = re.compile(r"^20260105T000000Z-[0-9a-f]{6}$")

READ = """
import json, socket, sys
socket.socket.connect = lambda *_: (_ for _ in ()).throw(RuntimeError("a DAG file must ask nothing of anybody"))
from airflow.models.dagbag import DagBag
bag = DagBag(sys.argv[1], include_examples=False)
told = {"errors": bag.import_errors}
for name, dag in bag.dags.items():
    told[name] = {
        task.task_id: {
            "upstream": sorted(task.upstream_task_ids),
            "retries": task.retries,
            "backoff": task.retry_exponential_backoff,
        }
        for task in dag.tasks
    }
print("\\n" + json.dumps(told))
"""


class Airflow:
    """Airflow in an environment of its own, with a folder for its database."""

    def __init__(self, home: Path, **more: str) -> None:
        self.programs = Path(setting("LAKEHOUSE_AIRFLOW")) / "bin"
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW"))},
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LAKEHOUSE__ENVIRONMENT": ENVIRONMENT,
            "PYTHONDONTWRITEBYTECODE": "1",
            **more,
        }

    def run(self, program: str, *arguments: str) -> str:
        """The output of one of its programs, which must end well."""
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow makes of the folder of DAGs."""
    airflow = Airflow(tmp_path_factory.mktemp("airflow"))
    output = airflow.run("python", "-c", READ, str(DAGS))
    told: dict[str, Any] = json.loads(next(line for line in output.splitlines() if line.startswith('{"errors"')))
    return told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint whose Spark is a script."""
    folder = tmp_path_factory.mktemp("dags")
    endpoint = Endpoint(folder / "endpoint", spark=spark_home(folder / "spark"))
    endpoint.upload("main.sh", b'echo "ran $@"')
    try:
        yield endpoint
    finally:
        endpoint.stop()


def publish(endpoint: Endpoint, sources: list[str]) -> str:
    """The runtime parameter of a stack with these sources; gives the cluster's id."""
    identifier = cluster(endpoint)
    runtime = {
        "version": 1,
        "environment": ENVIRONMENT,
        "batchCluster": {"id": identifier},
        "sources": {source: {"secretId": source} for source in sources},
        "applications": {"ingest": {"args": ["spark-submit", "--deploy-mode", "cluster", "s3://test-assets/main.sh"]}},
    }
    endpoint.client("ssm").put_parameter(
        Name=f"/lakehouse/{ENVIRONMENT}/runtime", Value=json.dumps(runtime), Type="String", Overwrite=True
    )
    return identifier


def test_every_file_is_read_without_an_error_or_a_question(read: dict[str, Any]) -> None:
    assert read["errors"] == {}
    assert read["lakehouse_batch"].keys() == {"plan", "load"}


def test_the_load_waits_for_its_plan_and_retries_with_backoff(read: dict[str, Any]) -> None:
    tasks = read["lakehouse_batch"]
    assert tasks["load"]["upstream"] == ["plan"]
    assert {name: (task["retries"], task["backoff"]) for name, task in tasks.items()} == {
        name: (3, True) for name in tasks
    }


def test_a_run_loads_every_source_by_a_step_that_is_waited_for(running: Endpoint, tmp_path: Path) -> None:
    identifier = publish(running, ["nycflights", "weather"])
    airflow = Airflow(
        tmp_path,
        AWS_ENDPOINT_URL=running.url,
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        NO_PROXY="*",
    )
    airflow.run("airflow", "db", "migrate")
    airflow.run("airflow", "dags", "reserialize")
    output = airflow.run("airflow", "dags", "test", "lakehouse_batch", "2026-01-05")
    emr = running.client("emr")
    steps = [
        emr.describe_step(ClusterId=identifier, StepId=item["Id"])["Step"]
        for item in emr.list_steps(ClusterId=identifier)["Steps"]
    ]
    assert {step["Status"]["State"] for step in steps} == {"COMPLETED"}, output[-3000:]
    arguments = {step["Config"]["Args"][8]: step["Config"]["Args"][4:] for step in steps}
    assert arguments.keys() == {"nycflights", "weather"}
    for source, given in arguments.items():
        assert given[:6] == ["ingest", "--environment", ENVIRONMENT, "--source", source, "--run-id"]
    runs = {given[6] for given in arguments.values()}
    assert [bool(RUN_ID.match(run)) for run in runs] == [True]
