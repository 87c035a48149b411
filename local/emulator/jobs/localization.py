"""A step's files brought into its working directory, as YARN does: copied, and archives linked under their name.

Steps with the same archive share what it unpacks to, as applications on a node do: the first one unpacks it, and what
Python compiles when it imports from there is compiled for the others too. What no step has used for two weeks goes when
another is unpacked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import time
import zipfile
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
        submission.py_files = [str(self.fetch(uri, self._directory)) for uri in submission.py_files]
        submission.files = [str(self.fetch(uri, self._directory)) for uri in submission.files]
        submission.jars = [str(self.fetch(uri, self._directory / "jars")) for uri in submission.jars]
        for uri in submission.archives:
            self._link(uri)
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

    def _link(self, uri: str) -> None:
        address, _, alias = uri.partition("#")
        self._archives.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._archives) as folder:
            packed = self.fetch(address, Path(folder))
            with packed.open("rb") as file:
                unpacked = self._archives / hashlib.file_digest(file, "sha256").hexdigest()
            if not unpacked.exists():
                self._remove_unused()
                _unpack(packed, Path(folder) / "unpacked", address)
                _rename(Path(folder) / "unpacked", unpacked)
            os.utime(unpacked)
        link = self._directory / (alias or packed.name)
        if link.exists():
            raise InvalidSubmissionError(
                must("--archives", "archives of different names", link.name, "name it after a #")
            )
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(unpacked)

    def _remove_unused(self) -> None:
        for unpacked in self._archives.iterdir():
            if time.time() - unpacked.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(unpacked, ignore_errors=True)


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
