"""Lays jars into a folder: `lay_jars.py FOLDER LOCK…`, each fetched by Spark's resolver and compared with its lock."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RESOLVER = Path(__file__).with_name("resolve_jars.py")


def main(folder: str, *locks: str) -> None:
    """Every jar of the locks, or none that is not the one in its lock."""
    pins = {pin["coordinate"]: pin for lock in locks for pin in json.loads(Path(lock).read_text(encoding="utf-8"))}
    with tempfile.TemporaryDirectory() as ivy:
        command = [sys.executable, str(RESOLVER), ivy, *pins]
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        # the resolver's own report comes between the answers
        for answer in (json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")):
            pin, jar = pins.pop(answer["coordinate"]), Path(answer["path"])
            got = hashlib.sha256(jar.read_bytes()).hexdigest()
            if got != pin["sha256"]:
                sys.exit(f"'{pin['file']}' must have SHA-256 {pin['sha256']}, got {got}; do not use it")
            target = Path(folder, pin["file"])
            if not target.exists():
                shutil.copyfile(jar, target)
    if pins:
        sys.exit(f"'jars' must all be found, got no {', '.join(pins)}; correct their coordinates")


if __name__ == "__main__":
    main(*sys.argv[1:])
