"""A real Pushgateway and a real Prometheus that scrapes it, with the rules of `monitoring/`, in a second's rhythm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from support.needed import absent
from support.postgres import free_port

MONITORING = Path(__file__).parents[3] / "monitoring"
_SECONDS = 60.0


def programs() -> Path:
    """The folder of `prometheus` and its like, from LAKEHOUSE_PROMETHEUS; absent: skipped, under CI failed."""
    folder = os.environ.get("LAKEHOUSE_PROMETHEUS")
    if folder and (Path(folder) / "prometheus").exists():
        return Path(folder)
    message = (
        f"'LAKEHOUSE_PROMETHEUS' must be a folder with Prometheus' programs, got {folder}; run 'npm test' with apt"
    )
    return absent(message)


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll until the condition gives something true; fails with what it waited for."""
    deadline = time.monotonic() + _SECONDS
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {_SECONDS:g} seconds")
        time.sleep(0.05)
    return value


class Monitoring:
    """Both servers on free loopback ports; `gateway` is what LAKEHOUSE_PUSHGATEWAY names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        gateway, prometheus = free_port(), free_port()
        self.gateway, self._prometheus = f"127.0.0.1:{gateway}", f"http://127.0.0.1:{prometheus}"
        shutil.copytree(MONITORING / "prometheus", folder, dirs_exist_ok=True)
        self._configure(folder / "prometheus.yml")
        self._start("prometheus-pushgateway", f"--web.listen-address={self.gateway}")
        listen = self._prometheus.removeprefix("http://")
        settings = (f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data")
        self._start("prometheus", f"--web.listen-address={listen}", *settings)

    def wait(self) -> None:
        """Until both answer."""
        for address in (f"http://{self.gateway}", self._prometheus):
            until(partial(_answers, f"{address}/-/ready"), f"the answer of {address}")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression, as they are now."""
        question = urllib.parse.urlencode({"query": expression})
        found: list[dict[str, Any]] = self._get(f"/api/v1/query?{question}")["result"]
        return found

    def label_values(self, series: str, label: str) -> list[str]:
        """What Grafana's `label_values(series, label)` gives."""
        question = urllib.parse.urlencode({"match[]": series})
        found: list[str] = self._get(f"/api/v1/label/{label}/values?{question}")
        return found

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self._get("/api/v1/alerts")["alerts"]}

    def stop(self) -> None:
        """End both."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(10)

    def _configure(self, file: Path) -> None:
        """The committed configuration but for its rhythm and the gateway's port."""
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [self.gateway]
        file.write_text(yaml.safe_dump(config), encoding="utf-8")

    def _start(self, program: str, *arguments: str) -> None:
        with (self._folder / f"{program}.log").open("wb") as log:
            self._processes.append(
                subprocess.Popen([programs() / program, *arguments], cwd=self._folder, stdout=log, stderr=log)
            )

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._prometheus}{path}", timeout=10) as response:
            return json.load(response)["data"]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False
