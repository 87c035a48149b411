from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from lakehouse_jobs import cli, ingest, reconcile, redrive, replay, session, stream
from lakehouse_jobs.commands import command
from lakehouse_jobs.commands import ingest as ingest_command
from lakehouse_jobs.commands import stream as stream_command
from lakehouse_jobs.contract import Contract
from lakehouse_jobs.engines import DELTA_SETTINGS
from lakehouse_jobs.exceptions import ConfigurationError, FailureKind, TerminalError
from lakehouse_jobs.kafka import Brokers
from lakehouse_jobs.run_record import RunError, RunRecord, RunState
from lakehouse_jobs.runtime import Runtime
from lakehouse_jobs.source import Credentials
from lakehouse_jobs.stream_batch import Stream
from support.lake import CONTRACTS

ARGUMENTS = ["ingest", "--environment", "dev", "--source", "nycflights", "--correlation-id", "c-1"]


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_chooses_datasets_by_name(items: Contract) -> None:
    parts = replace(items, dataset="parts")

    assert ingest_command.choose([items, parts], None) == [items, parts]
    assert ingest_command.choose([items, parts], " parts ,") == [parts]


def test_fails_when_a_dataset_is_unknown(items: Contract) -> None:
    with pytest.raises(ConfigurationError, match=r"'datasets' must be of items, got \"item\""):
        ingest_command.choose([items], "item")


def test_fails_when_no_dataset_may_be_loaded_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["ingest", "--environment", "dev", "--source", "nycflights", "--parallel", "0"])

    assert "'parallel' must be a whole number above 0, got \"0\"; correct it" in capsys.readouterr().err


def test_malformed_run_id_stops_the_run_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main([*ARGUMENTS, "--run-id", "yesterday", "--contracts", str(CONTRACTS)])

    [line] = _lines(capsys.readouterr().err)
    assert code == 2
    assert line["error"].startswith("'run-id' must look like 20130201T000000Z-0a1b2c, got \"yesterday\"")
    assert (line["correlationId"], line["runId"], line["kind"]) == ("c-1", "yesterday", "terminal")


@pytest.mark.parametrize(("states", "code"), [(["succeeded", "unchanged"], 0), (["succeeded", "failed"], 1)])
def test_exit_code_tells_whether_every_dataset_is_up_to_date(
    states: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [RunRecord("r", "c", f"d{number}", "s", RunState(state)) for number, state in enumerate(states)]

    assert _run_with(records, monkeypatch) == code


def test_last_error_of_a_failed_run_names_the_datasets_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [RunRecord("r", "c", name, "s", RunState.FAILED) for name in ("flights", "planes")]
    records[0].error = RunError(FailureKind.TRANSIENT, "connection refused")
    records[1].error = RunError(FailureKind.TERMINAL, "column seats is missing")

    _run_with([*records, RunRecord("r", "c", "weather", "s", RunState.SUCCEEDED)], monkeypatch)

    last = [line for line in _lines(capsys.readouterr().err) if line["level"] == "ERROR"][-1]
    assert last["message"] == "2 of 3 datasets failed"
    assert last["error"] == "flights: connection refused | planes: column seats is missing"


def _run_with(records: list[RunRecord], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a run that ends with `records`."""
    known = Runtime("dev", {"bronze": "b", "silver": "s"}, {"landing": "l", "artifacts": "a"}, {})
    monkeypatch.setattr(command, "load_runtime", lambda *_: known)
    monkeypatch.setattr(ingest_command, "load_credentials", lambda *_: Credentials("h", 1, "d", "u", "p"))
    monkeypatch.setattr(session, "SparkSession", _NoSession)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(ingest, "run", lambda *_: records)
    return cli.main([*ARGUMENTS, "--run-id", "20130201T000000Z-0a1b2c", "--contracts", str(CONTRACTS)])


STREAM = ["stream", "--environment", "dev", "--correlation-id", "c-1", "--run-id", "20130201T000000Z-0a1b2c"]


def _stream_with(outcome: Callable[[Stream], None], monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    """The exit code of a stream that does what `outcome` does."""
    known = Runtime("dev", {"bronze": "b", "silver": "s"}, {"landing": "l", "artifacts": "a"}, {})
    monkeypatch.setattr(command, "load_runtime", lambda *_: known)
    monkeypatch.setattr(stream_command, "load_brokers", lambda *_: Brokers("127.0.0.1:9092", {}))
    monkeypatch.setattr(session, "SparkSession", _NoSession)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(stream, "run", lambda _, job, *__: outcome(job))
    place = ["--dataset", "flight_events", "--checkpoint", "s3://c/flight_events", "--contracts", str(CONTRACTS)]
    return cli.main([*STREAM, *place, *more])


def test_stream_names_its_runs_itself_because_its_supervisor_repeats_the_same_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs: list[Stream] = []
    monkeypatch.setattr(sys.modules[__name__], "STREAM", STREAM[:3])

    assert [_stream_with(jobs.append, monkeypatch) for _ in range(2)] == [0, 0]

    assert len({job.run_id for job in jobs}) == 2
    assert [job.correlation_id for job in jobs] == [job.run_id for job in jobs]


def test_stream_knows_where_it_keeps_its_place_and_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[Stream] = []

    assert _stream_with(jobs.append, monkeypatch) == 0
    assert _stream_with(jobs.append, monkeypatch, "--available-now", "--max-records", "10") == 0

    assert [(job.checkpoint, job.brokers.bootstrap) for job in jobs] == [("s3://c/flight_events", "127.0.0.1:9092")] * 2
    assert [(job.available_now, job.max_records) for job in jobs] == [(False, 200_000), (True, 10)]


def test_stream_into_delta_tables_has_a_session_for_them_and_no_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[Stream] = []
    set_: dict[str, str] = {}
    builder = _NoSession.builder
    monkeypatch.setattr(builder, "config", lambda key, value: set_.update({key: value}) or builder)

    assert _stream_with(jobs.append, monkeypatch, "--delta", "hdfs:///lake") == 0

    assert [(job.delta, list(job.windows)) for job in jobs] == [("hdfs:///lake", [])]
    assert set_ == {**session.SETTINGS, **session.STREAM_SETTINGS, **DELTA_SETTINGS}


def test_last_error_of_a_failed_stream_names_the_dataset_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Stream) -> None:
        raise TerminalError("topic flights.events does not exist")

    assert _stream_with(fail, monkeypatch) == 1

    last = [line for line in _lines(capsys.readouterr().err) if line["level"] == "ERROR"][-1]
    assert last["error"] == "flight_events: topic flights.events does not exist"


def test_views_that_disagree_are_an_exit_code_and_the_day_is_the_last_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [reconcile.Day("2013-01-05", 9, 9, 1, 1, agree=False), reconcile.Day("2013-01-06", 9, 9, 0, 0, agree=True)]
    found = reconcile.Reconciliation("r", "c", "flights", "flight_events", "", False, days)

    codes = [_reconcile_with(outcome, monkeypatch) for outcome in (found, replace(found, agree=True))]

    assert codes == [1, 0]
    [last] = [line for line in _lines(capsys.readouterr().err) if line["level"] == "ERROR"]
    assert last["error"] == "2013-01-05 (1 rows only in flights, 1 only in flight_events)"


def _reconcile_with(found: reconcile.Reconciliation, monkeypatch: pytest.MonkeyPatch) -> int:
    known = Runtime("dev", {"bronze": "b", "silver": "s"}, {"landing": "l", "artifacts": "a"}, {})
    monkeypatch.setattr(command, "load_runtime", lambda *_: known)
    monkeypatch.setattr(session, "SparkSession", _NoSession)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(reconcile, "run", lambda *_: found)
    arguments = ["reconcile", *STREAM[1:], "--dataset", "flight_events", "--contracts", str(CONTRACTS)]
    return cli.main(arguments)


def test_repairs_are_told_what_to_look_at_and_whether_to_look_only(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, ...]] = []
    known = Runtime("dev", {"bronze": "b", "silver": "s"}, {"landing": "l", "artifacts": "a"}, {})
    monkeypatch.setattr(command, "load_runtime", lambda *_: known)
    monkeypatch.setattr(stream_command, "load_brokers", lambda *_: Brokers("127.0.0.1:9092", {}))
    monkeypatch.setattr(session, "SparkSession", _NoSession)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = Mock()
    monkeypatch.setattr(command, "store_for", lambda _: store)
    for repair, counts in ((redrive, redrive.Redriven(3, 2, 1)), (replay, replay.Replayed(9, 1, 0))):

        def run(_: object, job: Stream, contract: Contract, what: object, counts: object = counts) -> object:
            told.append((job, contract.dataset, what))
            return counts

        monkeypatch.setattr(repair, "run", run)
    place = ["--environment", "dev", "--dataset", "flight_events", "--contracts", str(CONTRACTS)]

    codes = [
        cli.main(["redrive", *place, "--where", "_kafka_partition = 1", "--dry-run"]),
        cli.main(["replay", *place, "--from", "earliest", "--to", "2013-01-10T00:00:00Z", "--max-records", "10"]),
    ]

    assert codes == [0, 0]
    (first, dataset, choice), (second, _, part) = told
    assert (dataset, choice) == ("flight_events", redrive.Choice("_kafka_partition = 1", True))
    assert (part.start, part.end, part.dry_run) == ("earliest", "2013-01-10T00:00:00Z", False)
    assert (part.artifacts_uri, second.max_records) == ("s3://a", 10)
    assert first.run_id != second.run_id
    assert [contract.dataset for contract in first.windows] == ["departures_hourly"]
    assert [(call.args[0], json.loads(call.args[1])) for call in store.write.call_args_list] == [
        (f"s3://a/runs/{first.run_id}/redriven.json", {"judged": 3, "valid": 2, "merged": 1, "dryRun": True}),
        (f"s3://a/runs/{second.run_id}/replayed.json", {"read": 9, "rejected": 1, "merged": 0, "dryRun": False}),
    ]


def test_importing_the_package_starts_nothing() -> None:
    jobs = Path(cli.__file__).parents[1]
    program = "import lakehouse_jobs.cli, sys, threading; sys.exit(threading.active_count() - 1)"

    assert subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(jobs)}, check=False).returncode == 0


class _NoSession:
    """Stands in for SparkSession where the run itself is replaced."""

    _jvm = Mock()

    class builder:  # noqa: N801 (Spark's name)
        @staticmethod
        def appName(_: str) -> type[_NoSession.builder]:  # noqa: N802
            return _NoSession.builder

        @staticmethod
        def config(*_: str) -> type[_NoSession.builder]:
            return _NoSession.builder

        @staticmethod
        def getOrCreate() -> _NoSession:  # noqa: N802
            return _NoSession()

    def stop(self) -> None:
        pass
