"""What is shared by those who run the pipeline, on a cluster of the endpoint."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from tests.asked import towards
from tests.lake_runs import endpoint_with_jobs, lake
from tests.support import LOCAL, Endpoint, until
from tests.test_job_runner import step


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    endpoint = endpoint_with_jobs(tmp_path)
    monkeypatch.syspath_prepend(LOCAL.parent / "workloads" / "dags")
    for name, value in towards(endpoint.url).items():
        monkeypatch.setenv(name, value)
    try:
        yield endpoint
    finally:
        endpoint.stop()


def test_a_step_that_runs_on_is_waited_for_and_one_that_has_ended_is_added_again(
    running: Endpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_step = import_module("orchestration.emr").run_step
    caplog.set_level(logging.INFO)
    released = tmp_path / "released"
    running.upload("wait.sh", f"until [ -e {released} ]; do sleep 0.1; done".encode())
    deployed = lake(running, "joined", {})

    def run() -> str:
        return str(run_step(deployed.cluster_id, step("wait.sh"), 0.1))

    with ThreadPoolExecutor() as threads:
        first = threads.submit(run)
        until(deployed.steps, 20, "no step was added")
        second = threads.submit(run)
        try:
            until(lambda: "already" in caplog.text or len(deployed.steps()) > 1, 20, "nobody waits for it")
        finally:
            released.touch()
    assert [first.result(), second.result()] == [one["Id"] for one in deployed.steps()] * 2
    assert run() not in (first.result(), second.result())
