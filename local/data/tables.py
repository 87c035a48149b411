"""The five tables of the source database: columns, keys and where their rows come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A source table. ``columns`` maps a name to its PostgreSQL type, in order; ``updated_at`` is added to each."""

    name: str
    file: str
    key: tuple[str, ...]
    columns: dict[str, str]
    optional: frozenset[str] = frozenset()

    @property
    def all_columns(self) -> list[str]:
        """The table's columns in order, the row's last change at the end."""
        return [*self.columns, "updated_at"]

    def ddl(self) -> list[str]:
        """The statements that create the table, its key and the index that incremental readers need."""
        lines = [f"{name} {kind}{'' if name in self.optional else ' not null'}" for name, kind in self.columns.items()]
        body = ", ".join([*lines, "updated_at timestamptz not null", f"primary key ({', '.join(self.key)})"])
        return [f"create table {self.name} ({body})", f"create index on {self.name} (updated_at)"]


FLIGHTS = Table(
    name="flights",
    file="flights.csv.zip",
    key=("time_hour", "carrier", "flight", "origin"),
    columns={
        "year": "int",
        "month": "int",
        "day": "int",
        "dep_time": "int",
        "sched_dep_time": "int",
        "dep_delay": "int",
        "arr_time": "int",
        "sched_arr_time": "int",
        "arr_delay": "int",
        "carrier": "text",
        "flight": "int",
        "tailnum": "text",
        "origin": "text",
        "dest": "text",
        "air_time": "int",
        "distance": "int",
        "hour": "int",
        "minute": "int",
        "time_hour": "timestamptz",
    },
    optional=frozenset({"dep_time", "dep_delay", "arr_time", "arr_delay", "tailnum", "air_time"}),
)

WEATHER = Table(
    name="weather",
    file="weather.csv",
    key=("origin", "time_hour"),
    columns={
        "origin": "text",
        "year": "int",
        "month": "int",
        "day": "int",
        "hour": "int",
        "temp": "double precision",
        "dewp": "double precision",
        "humid": "double precision",
        "wind_dir": "int",
        "wind_speed": "double precision",
        "wind_gust": "double precision",
        "precip": "double precision",
        "pressure": "double precision",
        "visib": "double precision",
        "time_hour": "timestamptz",
    },
    optional=frozenset({"temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "pressure"}),
)

AIRLINES = Table(name="airlines", file="airlines.csv", key=("carrier",), columns={"carrier": "text", "name": "text"})

AIRPORTS = Table(
    name="airports",
    file="airports.csv",
    key=("faa",),
    columns={
        "faa": "text",
        "name": "text",
        "lat": "double precision",
        "lon": "double precision",
        "alt": "int",
        "tz": "int",
        "dst": "text",
        "tzone": "text",
    },
    optional=frozenset({"tzone"}),
)

PLANES = Table(
    name="planes",
    file="planes.csv",
    key=("tailnum",),
    columns={
        "tailnum": "text",
        "year": "int",
        "type": "text",
        "manufacturer": "text",
        "model": "text",
        "engines": "int",
        "seats": "int",
        "speed": "int",
        "engine": "text",
    },
    optional=frozenset({"year", "speed"}),
)

TABLES = (FLIGHTS, WEATHER, AIRLINES, AIRPORTS, PLANES)
