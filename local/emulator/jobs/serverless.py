"""The job runs of EMR Serverless: each a real Spark job, as many at once as its application's scheduler allows.

Source: Amazon EMR Serverless User Guide, "Job run states", "Job concurrency and queuing", "Job resiliency",
"Storing logs".
"""

from __future__ import annotations

import contextvars
import logging
import shlex
import threading
import time
from typing import Any

from ministack.services import cloudwatch

from emulator import aws
from emulator.completions import emr_serverless
from emulator.config import EmulatorConfig
from emulator.jobs import submission
from emulator.jobs.drivers import Drivers
from emulator.jobs.execution import Execution, Job
from emulator.jobs.process import StepProcess

log = logging.getLogger("emulator.jobs")

Record = dict[str, Any]
_ACTIVE = ("PENDING", "SCHEDULED", "RUNNING", "CANCELLING")
_ENDED = ("CANCELLED", "FAILED", "SUCCESS")
_DEFAULT_CONCURRENCY = 15
_TABLE_FORMATS = ("iceberg", "delta")
_LOGS = ("stdout", "stderr")


class ServerlessRunner:
    """Runs job runs, stops idle applications; `stop` ends everything it started."""

    def __init__(self, config: EmulatorConfig, drivers: Drivers) -> None:
        self._config = config
        self._drivers = drivers
        self._processes: dict[str, StepProcess] = {}
        self._lock = threading.RLock()
        self._stopping = False

    def install(self) -> None:
        """Become the one that runs job runs."""
        emr_serverless.runner = self

    def stop(self) -> None:
        """End every job run's process group; nothing new starts."""
        with self._lock:
            self._stopping = True
            processes = list(self._processes.values())
        threads = [threading.Thread(target=process.stop) for process in processes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def submit(self, application: Record, run: Record) -> None:
        """Take a new job run; it starts at once or waits for its turn."""
        self._advance(application)

    def cancel(self, run: Record) -> None:
        """End a job run, its process with it."""
        with self._lock:
            if run["state"] not in _ACTIVE:
                _move(run, "CANCELLED")
                return
            _move(run, "CANCELLING")
            process = self._processes.get(run["jobRunId"])
        if process is not None:
            threading.Thread(target=process.stop, daemon=True).start()

    def _advance(self, application: Record) -> None:
        with self._lock:
            runs = emr_serverless.job_runs[application["applicationId"]]
            for run in runs:
                if run["state"] not in ("SUBMITTED", "QUEUED") or self._stopping:
                    continue
                if sum(other["state"] in _ACTIVE for other in runs) >= _concurrency(application):
                    _move(run, "QUEUED")
                    continue
                _move(run, "SCHEDULED")
                context = contextvars.copy_context()
                threading.Thread(
                    target=context.run, args=(self._run, application, run), name=run["jobRunId"], daemon=True
                ).start()

    def _run(self, application: Record, run: Record) -> None:
        log.info("job run %s of %s is running", run["jobRunId"], application["applicationId"])
        failure = self._attempts(application, run)
        with self._lock:
            if run["state"] == "CANCELLING":
                _move(run, "CANCELLED")
            elif failure:
                _move(run, "FAILED", f"Job failed, please check complete logs. Last error: {failure['Message']}")
            else:
                _move(run, "SUCCESS")
            emr_serverless.move(application, application["state"])
            self._advance(application)
        _measure(application, run)
        log.info("job run %s of %s: %s", run["jobRunId"], application["applicationId"], run["state"])

    def _attempts(self, application: Record, run: Record) -> Record | None:
        """As many attempts as the retry policy allows; gives the last one's failure."""
        while True:
            with self._lock:
                if run["state"] == "CANCELLING":
                    return None
                _move(run, "RUNNING")
                run.setdefault("startedAt", time.time())
            _measure(application, run)
            job = self._job(application, run)
            failure = Execution(self._config, job, self._drivers).run(lambda process: self._started(run, process))
            self._processes.pop(run["jobRunId"], None)
            _send_to_cloudwatch(application, run, job)
            most = int((run.get("retryPolicy") or {}).get("maxAttempts") or 1)
            if not failure or run["state"] == "CANCELLING" or run["attempt"] >= most or self._stopping:
                return failure
            run["attempt"] += 1

    def _started(self, run: Record, process: StepProcess) -> None:
        with self._lock:
            self._processes[run["jobRunId"]] = process
            unwanted = self._stopping or run["state"] == "CANCELLING"
        if unwanted:
            process.stop()

    def _job(self, application: Record, run: Record) -> Job:
        spark = run["jobDriver"]["sparkSubmit"]
        monitoring = _monitoring(application, run, "s3MonitoringConfiguration")
        prefix = str(monitoring.get("logUri") or "").rstrip("/")
        minutes = run["executionTimeoutMinutes"]
        return Job(
            kind="job run",
            name=run["jobRunId"],
            work=self._config.state_dir / "job-runs" / run["jobRunId"] / str(run["attempt"]),
            submit=lambda: submission.parse(
                ["spark-submit", *_options(spark), spark["entryPoint"], *spark.get("entryPointArguments", [])]
            ),
            configurations=_configurations(application, run),
            log_prefix=f"{prefix}/{_place(run)}/SPARK_DRIVER" if prefix else "",
            logs=_LOGS,
            timeout_seconds=minutes * 60 or None,
        )


def is_idle(application: Record, runs: list[Record], now: float) -> bool:
    """Whether a started application has had nothing to do for as long as its auto-stop says."""
    stop = application["autoStopConfiguration"]
    if application["state"] != "STARTED" or not stop.get("enabled", True):
        return False
    if any(not emr_serverless.has_ended(run) for run in runs):
        return False
    return bool(now - application["updatedAt"] >= 60 * float(stop.get("idleTimeoutMinutes", 15)))


def stop_idle_applications() -> None:
    """Stop those of every account and region."""
    for key, application in list(emr_serverless.applications._data.items()):
        if is_idle(application, emr_serverless.job_runs._data.get(key) or [], time.time()):
            emr_serverless.move(application, "STOPPED")


def _move(run: Record, state: str, details: str = "") -> None:
    now = time.time()
    run.update(state=state, stateDetails=details, updatedAt=now)
    if emr_serverless.has_ended(run):
        run.update(endedAt=now, totalExecutionDurationSeconds=int(now - run.get("startedAt", now)))


def _measure(application: Record, run: Record) -> None:
    """How many job runs are in which state; of those that ended, the one that did so now."""
    name = application.get("name") or application["applicationId"]
    dimensions = {"ApplicationId": application["applicationId"], "ApplicationName": name}
    states = [other["state"] for other in emr_serverless.job_runs[application["applicationId"]]]
    for state in ("SUBMITTED", "PENDING", "RUNNING", "CANCELLED", "FAILED", "SUCCESS"):
        count = int(run["state"] == state) if state in _ENDED else states.count(state)
        cloudwatch.record_metric("AWS/EMRServerless", f"{state.capitalize()}Jobs", count, "Count", dimensions)
    cloudwatch._evaluate_all_alarms()


def _concurrency(application: Record) -> float:
    scheduler = application.get("schedulerConfiguration")
    return float((scheduler or {}).get("maxConcurrentRuns") or (_DEFAULT_CONCURRENCY if scheduler else "inf"))


def _options(spark: Record) -> list[str]:
    return shlex.split(spark.get("sparkSubmitParameters") or "")


def _configurations(application: Record, run: Record) -> list[Record]:
    """The application's and the run's, as EMR writes them; a table format's jars on the class path enable it."""
    overrides = (run.get("configurationOverrides") or {}).get("applicationConfiguration") or []
    found = [_as_emr(entry) for entry in [*(application.get("runtimeConfiguration") or []), *overrides]]
    said = f"{run['jobDriver']['sparkSubmit'].get('sparkSubmitParameters', '')} {found}"
    return found + [
        {"Classification": f"{name}-defaults", "Properties": {f"{name}.enabled": "true"}}
        for name in _TABLE_FORMATS
        if f"/usr/share/aws/{name}/" in said
    ]


def _as_emr(entry: Record) -> Record:
    return {
        "Classification": entry.get("classification"),
        "Properties": entry.get("properties") or {},
        "Configurations": [_as_emr(inner) for inner in entry.get("configurations") or []],
    }


def _monitoring(application: Record, run: Record, name: str) -> Record:
    own = ((run.get("configurationOverrides") or {}).get("monitoringConfiguration") or {}).get(name)
    return own or (application.get("monitoringConfiguration") or {}).get(name) or {}


def _place(run: Record) -> str:
    return f"applications/{run['applicationId']}/jobs/{run['jobRunId']}"


def _send_to_cloudwatch(application: Record, run: Record, job: Job) -> None:
    """The driver's output as log events, when the monitoring configuration asks for it."""
    wanted = _monitoring(application, run, "cloudWatchLoggingConfiguration")
    if not wanted.get("enabled"):
        return
    logs, group = aws.client("logs"), wanted.get("logGroupName") or "/aws/emr-serverless"
    prefix = "/".join(part for part in (wanted.get("logStreamNamePrefix"), _place(run), "SPARK_DRIVER") if part)
    try:
        if not wanted.get("logGroupName"):
            _if_new(logs, lambda: logs.create_log_group(logGroupName=group))
        for name in _LOGS:
            path = job.work / name
            lines = path.read_text(errors="replace").splitlines()[-1000:] if path.exists() else []
            events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines if line]
            stream = f"{prefix}/{name}"
            _if_new(logs, lambda stream=stream: logs.create_log_stream(logGroupName=group, logStreamName=stream))
            if events:
                logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    except Exception as error:  # a log group that is gone must not fail the job
        log.warning("log of job run %s not sent: %s", run["jobRunId"], error)


def _if_new(logs: Any, create: Any) -> None:
    try:
        create()
    except logs.exceptions.ResourceAlreadyExistsException:
        return
