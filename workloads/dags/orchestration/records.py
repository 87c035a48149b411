"""What a run did, as its jobs recorded it, and whether that keeps what the contracts promise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import boto3

SUMMARY = ("dataset", "state", "rowsRead", "rowsRejected", "rowsInserted", "rowsUpdated", "seconds", "objectives")
"""What is passed on of a record; the record itself stays in the bucket."""

THROUGHPUT_SECONDS = 60
"""A run that reads less than this many seconds' worth of its promised throughput is too small to be judged by it:
what a Spark job takes whatever it does would decide."""


def load_records(runtime: Mapping[str, Any], run_id: str) -> list[dict[str, Any]]:
    """The records `runs/<run id>/<dataset>.json` of a run in the artifacts bucket, each cut to `SUMMARY`."""
    client = boto3.client("s3")
    bucket = runtime["buckets"]["artifacts"]
    keys = sorted(key for key in _keys(client, bucket, run_id) if key.endswith(".json"))
    documents = (json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys)
    return [summary for document in documents if (summary := _summary(document))]


def load_began(runtime: Mapping[str, Any], run_id: str) -> bool:
    """Whether the load of a run came as far as its datasets, each of which it records, also one that failed.

    Where it did not, no cluster or no source could be used, and what follows the load has nothing to do.
    """
    return any(True for _ in _keys(boto3.client("s3"), runtime["buckets"]["artifacts"], run_id))


def broken_promises(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """What datasets promise in their contracts (`latency`, `throughput`) and these runs of them did not keep."""
    return [text for record in records for text in _broken(record)]


def as_table(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The records as rows for people, without what only machines read."""
    return [{name: record.get(name) for name in SUMMARY if name != "objectives"} for record in records]


def _keys(client: Any, bucket: str, run_id: str) -> Iterator[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"runs/{run_id}/")
    return (item["Key"] for page in pages for item in page.get("Contents", ()))


def _summary(document: Any) -> dict[str, Any] | None:
    # other stages may record other things beside
    if not isinstance(document, dict) or "dataset" not in document or "rowsRead" not in document:
        return None
    return {name: document.get(name) for name in SUMMARY}


def _broken(record: Mapping[str, Any]) -> list[str]:
    objectives = record.get("objectives") or {}
    latency, throughput = objectives.get("latencySeconds"), objectives.get("rowsPerSecond")
    dataset, rows, seconds = record["dataset"], record["rowsRead"], record["seconds"]
    broken = []
    if latency is not None and seconds > latency:
        broken.append(f"{dataset}: loaded in {seconds:.0f} s, its contract promises {latency:g} s")
    if throughput is not None and rows > throughput * THROUGHPUT_SECONDS and rows < throughput * seconds:
        broken.append(f"{dataset}: {rows / seconds:.3g} rows a second, its contract promises {throughput:g}")
    return broken
