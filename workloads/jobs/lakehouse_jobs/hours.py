"""Which hours a change of a dataset touches, as its snapshots say it and as windows ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

_MOST = 200
_SECONDS = 3600


@dataclass(frozen=True)
class Hours:
    """Hours, each by its number since 1970: some single ones, and all from `since` on.

    As text single ones are `375841,375842` and all from one on are `375841+`; more than 200 are told as the latter.
    """

    single: frozenset[int] = frozenset()
    since: int | None = None

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Hours:
        """Those of these numbers, or where there are too many to tell, all from the first on."""
        single = frozenset(numbers)
        return cls(single) if len(single) <= _MOST else cls(since=min(single))

    @classmethod
    def every(cls) -> Hours:
        """All of them, from the year 1 on."""
        return cls(since=-17_259_888)

    @classmethod
    def parse(cls, text: str) -> Hours:
        """What `str` made of them."""
        if text.endswith("+"):
            return cls(since=int(text[:-1]))
        return cls(frozenset(int(number) for number in text.split(",") if number))

    def __str__(self) -> str:
        return ",".join(map(str, sorted(self.single))) if self.since is None else f"{self.since}+"

    def __or__(self, other: Hours) -> Hours:
        if self.since is None and other.since is None:
            return Hours.of(self.single | other.single)
        known = (*self.single, *other.single, *(one.since for one in (self, other) if one.since is not None))
        return Hours(since=min(known))

    def __bool__(self) -> bool:
        return self.since is not None or bool(self.single)

    def hold(self, moment: str) -> Column:
        """The condition that a column of moments lies in one of them, with bounds by which files are left closed."""
        if self.since is not None:
            return F.col(moment) >= _start(self.since)
        if not self.single:
            return F.lit(False)
        bounds = (F.col(moment) >= _start(min(self.single))) & (F.col(moment) < _start(max(self.single) + 1))
        return bounds & number_of(F.col(moment)).isin(sorted(self.single))


def number_of(moment: Column) -> Column:
    """The number of the hour of a moment; null where there is none."""
    return F.floor(F.unix_seconds(moment) / _SECONDS)


def _start(number: int) -> Column:
    return F.timestamp_seconds(F.lit(number * _SECONDS))
