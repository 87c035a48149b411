"""A step's files brought to it as YARN does: copied into its working directory, and archives linked under their name.

Steps with the same archive share what it unpacks to, as applications on a node do: the first one unpacks it, and what
Python compiles when it imports from there is compiled for the others too. They share jars and Python files as well,
which class paths and module paths name: what steps have in common is then the same to the letter. What no step has used
for two weeks goes when another is kept.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

from emulator.exceptions import must
from emulator.jobs.submission import InvalidSubmissionError, Submission

_S3 = ("s3", "s3a", "s3n")
_KEPT_SECONDS = 14 * 24 * 3600


class Localizer:
    """Fetches into one working directory through an S3 client; archives are unpacked in a folder that all share."""

    def __init__(self, s3: Any, directory: Path, archives: Path) -> None:
        self._s3 = s3
        self._directory = directory
        self._archives = archives

    def localize(self, submission: Submission) -> Submission:
        """Fetch everything the submission names; afterwards it names local paths only."""
        submission.application = str(self.fetch(submission.application, self._directory))
        submission.files = [str(self.fetch(uri, self._directory)) for uri in submission.files]
        submission.py_files = [str(self._share(uri)) for uri in submission.py_files]
        submission.jars = [str(self._share(uri)) for uri in submission.jars]
        for uri in submission.archives:
            self._link(submission, uri)
        submission.archives = []
        return submission

    def fetch(self, uri: str, folder: Path) -> Path:
        """One object or local file, under the name after `#` or its own; raises when it does not exist."""
        address, _, alias = uri.partition("#")
        parsed = urlparse(address)
        path = PurePosixPath(parsed.path)
        target = folder / (alias or path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if parsed.scheme in _S3:
                self._s3.download_file(parsed.netloc, parsed.path.lstrip("/"), str(target))
            else:
                shutil.copyfile(parsed.path, target)
        except Exception as error:
            raise InvalidSubmissionError(must(address, "readable", str(error), "upload it before the step")) from error
        return target

    def _share(self, uri: str) -> Path:
        """The file as it is, where all steps find it."""
        with self._fetched(uri) as file:
            return self._keep(file, f"-{file.name}", lambda folder: _move(file, folder)) / file.name

    def _link(self, submission: Submission, uri: str) -> None:
        address, _, alias = uri.partition("#")
        with self._fetched(address) as packed:
            unpacked = self._keep(packed, "", lambda folder: _unpack(packed, folder, address))
        name = alias or packed.name
        link = self._directory / name
        if link.exists():
            raise InvalidSubmissionError(
                must("--archives", "archives of different names", link.name, "name it after a #")
            )
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(unpacked)
        submission.links[name] = unpacked

    @contextmanager
    def _fetched(self, uri: str) -> Iterator[Path]:
        """The file in a folder of its own, for as long as the block."""
        self._archives.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._archives) as folder:
            yield self.fetch(uri, Path(folder) / "fetched")

    def _keep(self, file: Path, suffix: str, make: Callable[[Path], None]) -> Path:
        """The folder where all steps find what is made of the file."""
        with file.open("rb") as content:
            kept = self._archives / (hashlib.file_digest(content, "sha256").hexdigest() + suffix)
        if not kept.exists():
            self._remove_unused()
            make(file.parent / "made")
            _rename(file.parent / "made", kept)
        os.utime(kept)
        return kept

    def _remove_unused(self) -> None:
        for unpacked in self._archives.iterdir():
            if time.time() - unpacked.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(unpacked, ignore_errors=True)


def _move(file: Path, folder: Path) -> None:
    folder.mkdir()
    file.rename(folder / file.name)


def _unpack(packed: Path, folder: Path, address: str) -> None:
    if zipfile.is_zipfile(packed):
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(folder)
    elif tarfile.is_tarfile(packed):
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
    else:
        raise InvalidSubmissionError(must("--archives", "a zip or tar file", address, "pack it as one of them"))


def _rename(folder: Path, target: Path) -> None:
    """Another step may have unpacked the same meanwhile."""
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise
