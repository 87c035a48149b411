"""A driver of the stream that waits, warm, until it is told to stream: `python -m exactly_once.driver`.

Runs in the environment of the jobs. Orders and what it tells are JSON, a document a line, over standard input and
output. When its input ends, it ends.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from lakehouse_jobs import logging as logs
from lakehouse_jobs import stream
from lakehouse_jobs.contract import StreamTopic, load_stream
from lakehouse_jobs.engines import DELTA_SETTINGS
from lakehouse_jobs.kafka import parse_brokers
from lakehouse_jobs.session import STREAM_SETTINGS, session
from lakehouse_jobs.stream_batch import Stream
from lakehouse_jobs.telemetry import Telemetry
from pyspark.sql import SparkSession

from exactly_once import delta_seams, seams

Order = dict[str, Any]


class Wire:
    """Orders by their name, in the order they come; what others print goes to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self.to_stream: queue.Queue[Order] = queue.Queue()
        self.seams = seams.install(self.tell)
        delta_seams.install(self.seams)
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, what: str, **facts: Any) -> None:
        """Say what has happened."""
        self._out.write(f"{json.dumps({'told': what, **facts})}\n")
        self._out.flush()

    def _listen(self) -> None:
        for line in sys.stdin:
            order: Order = json.loads(line)
            if order["do"] == "stream":
                self.to_stream.put(order)
            elif order["do"] == "leave":
                os._exit(0)  # the virtual machine sees its end, and ends in order
            else:
                self.seams.arm(order["seam"], order["hits"], stop=order["stop"])
        os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Start Spark, say so, wait for the order, and stream until the end."""
    logs.configure()
    wire = Wire()
    delta = DELTA_SETTINGS if "delta" in sys.argv[1:] else {}
    with session("verify", {**STREAM_SETTINGS, **delta}) as spark:
        # py4j looks the name up in every package it knows, at each call of each of Spark's functions
        jvm: Any = spark._jvm
        jvm.functions = jvm.functions
        wire.tell("ready")
        order = wire.to_stream.get()
        try:
            _stream(spark, order)
        except Exception as error:
            wire.tell("failed", error=f"{type(error).__name__}: {error}"[:600])


def _stream(spark: SparkSession, order: Order) -> None:
    if order["broken_tokens"]:
        seams.break_tokens()
        delta_seams.break_transactions()
    if not order["merges"]:
        seams.leave_silver_out()
    contract = load_stream(Path(order["contracts"]), order["dataset"])
    job = Stream(
        run_id=order["run_id"],
        correlation_id=order["run_id"],
        brokers=parse_brokers({"BootstrapBrokerString": order["bootstrap"]}, "verify"),
        databases=order["databases"],
        checkpoint=order["checkpoint"],
        trigger_seconds=0,
        max_records=order["max_records"],
        delta=order["delta"],
    )
    telemetry = Telemetry(boto3.client("cloudwatch"), "verify")
    stream.run(spark, job, replace(contract, origin=StreamTopic(order["topic"])), telemetry)


main()
