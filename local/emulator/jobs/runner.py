"""The job runner: every step the EMR API accepts runs, in order, as many at a time as its cluster allows."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import emr

from emulator.config import EmulatorConfig
from emulator.jobs import states
from emulator.jobs.drivers import Drivers
from emulator.jobs.execution import Execution, step_job
from emulator.jobs.idle import Clock, IdleClusters
from emulator.jobs.metrics import ClusterMetrics, count_applications
from emulator.jobs.process import StepProcess
from emulator.jobs.serverless import ServerlessRunner, stop_idle_applications

log = logging.getLogger("emulator.jobs")

Record = dict[str, Any]
_ENDED = "A job flow that is shutting down, terminated, or finished may not be modified."


class JobRunner:
    """Wraps the endpoint's EMR operations; `stop` ends everything it started."""

    def __init__(self, config: EmulatorConfig) -> None:
        self._config = config
        self._processes: dict[str, StepProcess] = {}
        self._cancelled: set[str] = set()
        self._lock = threading.RLock()
        self._stock: dict[str, Any] = {}
        self._stopping = False
        self._metrics = ClusterMetrics()
        self._idle = IdleClusters(self._end_idle)
        self._drivers = Drivers(config)
        self._serverless = ServerlessRunner(config, self._drivers)
        self._clock = Clock(lambda: self._idle.look(time.monotonic()), stop_idle_applications)

    def install(self) -> None:
        """Take the step operations over."""
        make_step = emr._make_step
        emr._make_step = lambda request: states.new_step(make_step(request))
        self._stock = dict(emr._HANDLERS)
        emr._HANDLERS.update(
            RunJobFlow=self._run_job_flow,
            AddJobFlowSteps=self._add_steps,
            ListSteps=self._list_steps,
            CancelSteps=self._cancel_steps,
            TerminateJobFlows=self._terminate,
            ModifyCluster=self._modify_cluster,
        )
        self._serverless.install()
        self._metrics.start()
        self._clock.start()

    def stop(self) -> None:
        """End every step's process group; nothing new starts."""
        with self._lock:
            self._stopping = True
            self._metrics.stop()
            self._clock.stop()
            processes = list(self._processes.values())
        threads = [threading.Thread(target=process.stop) for process in processes]
        threads.append(threading.Thread(target=self._serverless.stop))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._drivers.stop()

    # --- operations

    def _run_job_flow(self, request: Record) -> Any:
        response = self._stock["RunJobFlow"](request)
        if response[0] == 200:
            cluster = emr._clusters[json.loads(response[2])["JobFlowId"]]
            steps = emr._steps[cluster["Id"]]
            if steps:
                states.set_cluster(cluster, "STARTING")
            self._metrics.watch(cluster)
            self._idle.watch(cluster)
            self._advance(cluster, steps)
        return response

    def _add_steps(self, request: Record) -> Any:
        cluster = emr._clusters.get(request.get("JobFlowId"))
        if cluster is not None and not states.live(cluster):
            return error_response_json("ValidationException", _ENDED, 400)
        response = self._stock["AddJobFlowSteps"](request)
        if response[0] == 200 and cluster is not None:
            self._advance(cluster, emr._steps[cluster["Id"]])
        return response

    def _list_steps(self, request: Record) -> Any:
        steps = list(reversed(emr._steps.get(request.get("ClusterId"), [])))
        for key, value in (("StepIds", "Id"), ("StepStates", None)):
            wanted = request.get(key)
            if wanted:
                steps = [s for s in steps if (s[value] if value else s["Status"]["State"]) in wanted]
        return json_response({"Steps": steps})

    def _cancel_steps(self, request: Record) -> Any:
        cluster = emr._clusters.get(request.get("ClusterId"))
        steps = emr._steps.get(request.get("ClusterId"), [])
        asked = [self._cancel(step) for step in steps if step["Id"] in request.get("StepIds", [])]
        if cluster is not None:
            self._advance(cluster, steps)
        return json_response({"CancelStepsInfoList": asked})

    def _terminate(self, request: Record) -> Any:
        clusters = [emr._clusters.get(cluster) for cluster in request.get("JobFlowIds", [])]
        before = {cluster["Id"]: cluster["Status"]["State"] for cluster in clusters if cluster}
        response = self._stock["TerminateJobFlows"](request)
        if response[0] != 200:
            return response
        for cluster in filter(None, clusters):
            if before[cluster["Id"]].startswith("TERMINAT"):
                cluster["Status"]["State"] = before[cluster["Id"]]
                continue
            steps = emr._steps.get(cluster["Id"], [])
            states.set_cluster(cluster, "TERMINATING", "USER_REQUEST", "Terminated by user request")
            for step in steps:
                self._cancel(step)
            states.settle(cluster, steps)
        return response

    def _end_idle(self, cluster: Record) -> None:
        with self._lock:
            states.set_cluster(cluster, "TERMINATING", "USER_REQUEST", "Idle longer than its policy allows")
            states.settle(cluster, emr._steps.get(cluster["Id"], []))
        log.info("cluster %s was idle and is terminated", cluster["Id"])

    def _modify_cluster(self, request: Record) -> Any:
        response = self._stock["ModifyCluster"](request)
        cluster = emr._clusters.get(request.get("ClusterId"))
        if cluster is not None and response[0] == 200:
            self._advance(cluster, emr._steps[cluster["Id"]])
        return response

    # --- steps

    def _cancel(self, step: Record) -> Record:
        with self._lock:
            if states.pending(step):
                states.end_step(step, "CANCELLED")
                return {"StepId": step["Id"], "Status": "SUBMITTED"}
            if not states.running(step):
                reason = f"Step in state {step['Status']['State']} cannot be cancelled"
                return {"StepId": step["Id"], "Status": "FAILED", "Reason": reason}
            self._cancelled.add(step["Id"])
            process = self._processes.get(step["Id"])
        if process is not None:
            # off the event loop: a group may take seconds to end
            threading.Thread(target=process.stop, daemon=True).start()
        return {"StepId": step["Id"], "Status": "SUBMITTED"}

    def _advance(self, cluster: Record, steps: list[Record]) -> None:
        """Start what may start: first in, first out, up to the cluster's `StepConcurrencyLevel`."""
        with self._lock:
            while states.live(cluster) and not self._stopping:
                waiting = next((step for step in steps if states.pending(step)), None)
                busy = sum(1 for step in steps if states.running(step))
                if waiting is None or busy >= int(cluster.get("StepConcurrencyLevel") or 1):
                    break
                states.start_step(waiting)
                context = contextvars.copy_context()
                threading.Thread(
                    target=context.run, args=(self._run, cluster, steps, waiting), name=waiting["Id"], daemon=True
                ).start()
            states.settle(cluster, steps)

    def _run(self, cluster: Record, steps: list[Record], step: Record) -> None:
        execution = Execution(self._config, step_job(self._config, cluster, step), self._drivers)
        log.info("step %s (%s) of %s is running", step["Id"], step["Name"], cluster["Id"])
        failure = execution.run(lambda process: self._started(step, process))
        with self._lock:
            self._processes.pop(step["Id"], None)
            if step["Id"] in self._cancelled:
                self._cancelled.discard(step["Id"])
                states.end_step(step, "CANCELLED")
            elif failure:
                states.end_step(step, "FAILED", failure)
                states.fail_over(cluster, steps, step)
            else:
                states.end_step(step, "COMPLETED")
            self._advance(cluster, steps)
        state = step["Status"]["State"]
        log.info("step %s (%s) of %s: %s", step["Id"], step["Name"], cluster["Id"], state)
        count_applications(cluster)

    def _started(self, step: Record, process: StepProcess) -> None:
        with self._lock:
            self._processes[step["Id"]] = process
            unwanted = self._stopping or step["Id"] in self._cancelled
        if unwanted:
            process.stop()
