"""How long the machine keeps what archives unpack to; that steps share it is in `test_job_runner`."""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
from pathlib import Path

from emulator.jobs.localization import Localizer
from emulator.jobs.submission import Submission

DAY = 24 * 3600


def unpack(folder: Path, content: str) -> Path:
    """Where a step of its own finds an archive that holds `content`."""
    step, packed = Path(tempfile.mkdtemp(dir=folder)), folder / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("words.txt"), content)
    Localizer(None, step, folder / "archives").localize(
        Submission(application=str(packed), archives=[f"{packed}#words"])
    )
    return (step / "words").resolve()


def used(unpacked: Path, days_ago: int) -> None:
    moment = time.time() - days_ago * DAY
    os.utime(unpacked, (moment, moment))


def test_what_nothing_has_used_for_two_weeks_goes_when_another_is_unpacked(tmp_path: Path) -> None:
    old, newer, in_use = (unpack(tmp_path, content) for content in ("old", "newer", "in use"))
    used(old, 15)
    used(newer, 13)
    used(in_use, 15)

    assert unpack(tmp_path, "in use") == in_use
    assert unpack(tmp_path, "another").exists()

    assert [old.exists(), newer.exists(), in_use.exists()] == [False, True, True]
