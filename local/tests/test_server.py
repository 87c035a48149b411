"""Starting and stopping the endpoint, and what it refuses to start with."""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import config, endpoint
from emulator.exceptions import ConfigurationError, IncompatibleEndpointError
from tests.support import LOCAL, Endpoint


def listening(pid: int) -> set[str]:
    """The local addresses a process listens on, from /proc: only loopback may be among them."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                found.add(fields[1])
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_on_the_loopback_address_only_and_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    running = Endpoint(tmp_path)
    assert listening(running.process.pid) == {f"0100007F:{running.port:04X}"}
    assert running.get("/_lakehouse/recorded") == {"recorded": []}
    assert running.stop(number) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0
    with pytest.raises(ProcessLookupError):
        os.killpg(running.process.pid, 0)


def test_it_logs_json_lines(tmp_path: Path) -> None:
    running = Endpoint(tmp_path)
    running.stop()
    lines = [json.loads(line) for line in running.log.read_text().splitlines() if line.startswith("{")]
    assert {"timestamp", "level", "logger", "message"} <= set(lines[-1])
    assert lines[-1]["message"] == "stopped"


def test_fails_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        given = tmp_path / "emulator.json"
        given.write_text(json.dumps({"port": port, "stateDir": str(tmp_path)}))
        done = subprocess.run(
            [sys.executable, "-m", "emulator", "--config", str(given)],
            env={**os.environ, "PYTHONPATH": str(LOCAL)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 2
    assert f"'port' must be free, got {port}; stop what listens there or take another" in done.stderr


def test_fails_with_every_problem_of_the_configuration(tmp_path: Path) -> None:
    given = tmp_path / "emulator.json"
    given.write_text(json.dumps({"port": "x", "accountId": "1", "spark": {"sparkHome": "/none", "python": "/none"}}))
    with pytest.raises(ConfigurationError) as raised:
        config.load(given)
    message = str(raised.value)
    assert message.startswith("5 problems in ")
    for name in ("'port'", "'stateDir'", "'accountId'", "'spark.sparkHome'", "'spark.python'"):
        assert name in message


def test_fails_with_another_ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.5.34")
    with pytest.raises(IncompatibleEndpointError, match=r"ministack 1\.5\.33 is expected: .* got \"1\.5\.34\""):
        endpoint.check()


@pytest.mark.parametrize("module", sorted(endpoint._PATCH_POINTS))
def test_fails_when_a_patch_point_is_gone(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    for name in endpoint._PATCH_POINTS[module]:
        with monkeypatch.context() as patched:
            patched.delattr(f"{module}.{name}")
            with pytest.raises(IncompatibleEndpointError, match=name):
                endpoint.check()
