"""Contracts that are deployed while a stream runs: what only adds is taken between two batches, what breaks stops it.

A parameter of the stream names the archive of the deployed contracts, whose name is made of its content. A batch is
judged by one contract from its beginning to its end: the query is started again with another, on the batch that it
stood at.
"""

from __future__ import annotations

import io
import logging
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lakehouse_jobs.contract import Contract, load_stream, load_windows
from lakehouse_jobs.exceptions import ContractError, JobError, problem
from lakehouse_jobs.failures import translate
from lakehouse_jobs.objects import ObjectStore

_LOGGER = logging.getLogger(__name__)
_WIDER = {("int", "bigint"), ("float", "double")}


@dataclass(frozen=True)
class Contracts:
    """The contract of a streamed dataset, and those of its windows."""

    dataset: Contract
    windows: Sequence[Contract] = ()


class NewerContractsError(JobError):
    """A batch was judged by contracts that are not those to judge it by any more."""


@dataclass
class ContractWatch:
    """Looks for contracts that were deployed since; at most every `seconds`, because each look asks the parameter.

    `find` returns the URI of the deployed archive, None where there is none; `store` reads it.
    """

    find: Callable[[], str | None]
    store: ObjectStore
    seconds: float = 60
    _seen: str | None = field(default=None, init=False)
    _looked: float = field(default=float("-inf"), init=False)

    def newer(self, held: Contracts, columns: Callable[[], Sequence[str]]) -> Contracts:
        """What the next batch is to be judged by; `held` while nothing else is deployed, and when a look fails.

        Contracts with columns that the table does not have yet (`columns` asks it) wait for it.

        :raises ContractError: what is deployed is no addition to `held`.
        """
        if time.monotonic() - self._looked < self.seconds:
            return held
        self._looked = time.monotonic()
        try:
            uri = self.find()
            found = held if uri is None or uri == self._seen else self._load(uri, held)
        except Exception as error:
            _LOGGER.warning("deployed contracts could not be looked at", extra={"error": str(translate(error))})
            return held
        if found != held:
            require_addition(held, found)
            if not set(found.dataset.column_names) <= set(columns()):
                _LOGGER.info("deployed contract waits for its table", extra={"version": found.dataset.version})
                return held
            facts = {"version": found.dataset.version, "before": held.dataset.version, "uri": uri}
            _LOGGER.info("deployed contract is taken", extra=facts)
        self._seen = uri
        return found

    def _load(self, uri: str, held: Contracts) -> Contracts:
        data = self.store.read(uri)
        if data is None:
            raise ContractError(problem("contracts", "be deployed", uri, "deploy the stack again"))
        with tempfile.TemporaryDirectory() as folder:
            zipfile.ZipFile(io.BytesIO(data)).extractall(folder)
            name = held.dataset.dataset
            windows = load_windows(Path(folder), name)
            known = {one.dataset for one in held.windows}
            # a window that is new needs its table and its code: it begins when the stream is deployed
            return Contracts(load_stream(Path(folder), name), [one for one in windows if one.dataset in known])


def require_addition(held: Contracts, found: Contracts) -> None:
    """Fail unless a running stream can go on by contracts that were found.

    :raises ContractError: names all that it cannot take.
    """
    windows = {one.dataset: one for one in found.windows}
    pairs = [(held.dataset, found.dataset), *((one, windows.get(one.dataset)) for one in held.windows)]
    breaks = [found for before, after in pairs for found in _breaks(before, after)]
    if breaks:
        must = "be an addition to the one that the stream runs by"
        remedy = (
            f"deploy the stream with it: npx lakehouse stream deploy <environment> --dataset {held.dataset.dataset}"
        )
        raise ContractError(problem(f"contract {held.dataset.dataset}", must, "; ".join(breaks), remedy))


def _breaks(before: Contract, after: Contract | None) -> Iterator[str]:
    if after is None:
        yield f"no {before.dataset}"
        return
    name = before.dataset
    for what, was, now in (
        ("key", before.key, after.key),
        ("ordering column", before.ordering_column, after.ordering_column),
        ("origin", before.origin, after.origin),
    ):
        if was != now:
            yield f"another {what} of {name}"
    columns = {column.name: column for column in after.columns}
    for column in before.columns:
        held = columns.pop(column.name, None)
        if held is None:
            yield f"no {name}.{column.name}"
        elif held.spark_type != column.spark_type and (column.spark_type, held.spark_type) not in _WIDER:
            yield f"{name}.{column.name} as {held.spark_type} and not {column.spark_type}"
    yield from (f"{name}.{column.name} as required" for column in columns.values() if column.required)
