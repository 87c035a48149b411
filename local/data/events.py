"""What is reported of flights as they happen: pure functions from the finished data set to the records of the topic.

A departure happens at ``time_hour`` + ``minute`` + ``dep_delay``, all of which the data set gives in UTC or in minutes.
Of an arrival it gives only the clock at the destination, so it happens the first time after the departure that this
clock shows ``arr_time``. For flights that were not diverted that is 5 to 235 minutes more than they were in the air.

Every report is late, mostly by minutes and rarely by hours. A few records come twice, a few come broken. All of it
follows from the flight alone: whoever makes the records again makes the same ones.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

CONTRACT = Path(__file__).parents[2] / "contracts" / "silver" / "flight_events.yaml"

KINDS = {"event": "events", "duplicate": "duplicates", "corrupt": "corrupt"}
"""The kinds of records, one and many."""

SENT_AFTER_SCHEDULE = (pd.Timedelta(hours=-3), pd.Timedelta(days=5))
"""How much earlier and later than its scheduled hour a record of a flight is sent at most."""

SENT_AGAIN_AFTER = pd.Timedelta(minutes=30)

_LATE = ([0.0, 0.9, 0.99, 1.0], [0, 600, 3_600, 21_600])
"""Nine reports of ten come within ten minutes, 99 of 100 within an hour, all within six hours: seconds by share."""
_ONE_IN_TWICE, _ONE_IN_BROKEN = 1_000, 2_000
# airports.csv does not know these four
_ZONES = {"BQN": "America/Puerto_Rico", "PSE": "America/Puerto_Rico", "SJU": "America/Puerto_Rico"}
_ZONES |= {"STT": "America/St_Thomas"}
_IDENTITY = ["event_type", "time_hour", "carrier", "flight", "origin"]


@dataclass(frozen=True)
class Topic:
    """What a contract says of its topic: name, the columns of a record's key and those of its payload."""

    name: str
    key: list[str]
    columns: list[str]

    @classmethod
    def read(cls, contract: Path = CONTRACT) -> "Topic":
        """From a contract's file."""
        # names alone are read, which are text: the schema of PyYAML's own has `on` and `no` for booleans
        document = yaml.load(contract.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        custom = {entry["property"]: entry["value"] for entry in document["customProperties"]}
        columns = [entry["name"] for entry in document["schema"][0]["properties"]]
        return cls(custom["stream"]["topic"], custom["stream"]["key"], columns)


def sent_between(
    flights: pd.DataFrame,
    airports: pd.DataFrame,
    topic: Topic,
    span: tuple[pd.Timestamp | None, pd.Timestamp],
) -> pd.DataFrame:
    """The records that are sent after one moment (nothing: from the first) and up to another; see `records`."""
    since, until = span
    scheduled = flights["time_hour"]
    earliest, latest = SENT_AFTER_SCHEDULE
    possible = scheduled <= until - earliest
    if since is not None:
        possible &= scheduled >= since - latest
    found = records(events(flights[possible], airports), topic)
    sent = found["sent_at"] <= until
    if since is not None:
        sent &= found["sent_at"] > since
    return found[sent].reset_index(drop=True)


def events(flights: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """The departures and arrivals of flights, each a row with the contract's columns; a cancelled flight has none."""
    departed = flights[flights["dep_time"].notna()]
    left = _departures(departed)
    zones = departed["dest"].map({**dict(zip(airports["faa"], airports["tzone"], strict=True)), **_ZONES})
    arrived = departed[departed["arr_time"].notna()]
    departures = departed.assign(
        event_type="departed", event_time=left, air_time=pd.array([pd.NA] * len(left), "Int64")
    )
    arrivals = arrived.assign(event_type="arrived", event_time=_arrivals(arrived, left, zones))
    clocks = {"scheduled_clock": "sched_{}_time", "actual_clock": "{}_time", "delay": "{}_delay"}
    happened = [
        frame.assign(**{name: frame[column.format(prefix)] for name, column in clocks.items()})
        for prefix, frame in (("dep", departures), ("arr", arrivals))
    ]
    found = pd.concat(happened, ignore_index=True)
    late = np.interp(_chances(found) / 2**32, *_LATE).astype("int64")
    return found.assign(reported_at=found["event_time"] + pd.to_timedelta(late, unit="s"))


def records(found: pd.DataFrame, topic: Topic) -> pd.DataFrame:
    """The records of events in the order they are sent, a copy of some and a broken form of others among them.

    Columns: ``kind`` (event, duplicate or corrupt), ``sent_at``, ``key`` and ``payload``.
    """
    texts = _texts(found)
    payloads = texts[topic.columns].to_json(orient="records", lines=True).strip().splitlines()
    keys = _joined(texts[topic.key])
    sent = pd.DataFrame({"kind": "event", "sent_at": found["reported_at"], "key": keys, "payload": payloads})
    chances = _chances(found)
    again = sent[chances % _ONE_IN_TWICE == 0].assign(
        kind="duplicate", sent_at=lambda row: row.sent_at + SENT_AGAIN_AFTER
    )
    broken = sent[chances % _ONE_IN_BROKEN == 1].assign(kind="corrupt")
    cut = chances[broken.index] // _ONE_IN_BROKEN % 2 == 0
    broken["payload"] = [_broken(payload, half) for payload, half in zip(broken["payload"], cut, strict=True)]
    return pd.concat([sent, again, broken]).sort_values(["sent_at", "key", "kind"], ignore_index=True)


def _departures(flights: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    minutes = flights["minute"].astype("int64") + flights["dep_delay"].astype("int64")
    return flights["time_hour"] + pd.to_timedelta(minutes, unit="m")


def _arrivals(
    flights: pd.DataFrame, left: "pd.Series[pd.Timestamp]", zones: "pd.Series[str]"
) -> "pd.Series[pd.Timestamp]":
    """The first time after the departure that the clock at the destination shows ``arr_time``."""
    clock = flights["arr_time"].astype("int64")
    after_midnight = pd.to_timedelta(clock // 100 * 60 + clock % 100, unit="m")
    parts = [left.iloc[:0]]
    for zone, rows in flights.groupby(zones.loc[flights.index]):
        local = left.loc[rows.index].dt.tz_convert(str(zone)).dt.tz_localize(None)
        shown = local.dt.normalize() + after_midnight.loc[rows.index]
        shown = shown.mask(shown < local, shown + pd.Timedelta(days=1))
        # of an hour that the clock shows twice, the second
        is_summer = np.zeros(len(shown), dtype=bool)
        moments = shown.dt.tz_localize(str(zone), ambiguous=is_summer, nonexistent="shift_forward")
        parts.append(moments.dt.tz_convert("UTC"))
    return pd.concat(parts)


def _texts(found: pd.DataFrame) -> pd.DataFrame:
    """The same with moments in ISO 8601, which is many times faster by column than by row."""
    moments = list(found.select_dtypes("datetimetz"))
    texts = {str(name): np.datetime_as_string(found[name].to_numpy("M8[s]"), timezone="UTC") for name in moments}
    return found.assign(**texts)


def _joined(texts: pd.DataFrame) -> list[str]:
    return ["|".join(map(str, row)) for row in zip(*(texts[name] for name in texts), strict=True)]


def _chances(found: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """A number from 0 to 2**32 for each event, the same whoever asks."""
    names = _joined(_texts(found[_IDENTITY]))
    digests = (blake2b(name.encode(), digest_size=4).digest() for name in names)
    return np.array([int.from_bytes(digest, "big") for digest in digests], dtype="int64")


def _broken(payload: str, cut: bool) -> str:
    """Cut in half, or with a clock that is none."""
    return payload[: len(payload) // 2] if cut else json.dumps({**json.loads(payload), "actual_clock": "late"})
