"""A real PostgreSQL server for tests, and plain SQL sessions on it through the JDBC driver the job uses."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_jobs.source import Credentials
from support.needed import absent

USERNAME, PASSWORD = "loader", "s3cret-of-the-source"
_UNPRIVILEGED = 65534


def binaries() -> Path:
    """The folder of `initdb` and `pg_ctl`, from LAKEHOUSE_POSTGRES_BIN; absent: skipped, under CI failed."""
    folder = os.environ.get("LAKEHOUSE_POSTGRES_BIN")
    if folder and (Path(folder) / "initdb").exists():
        return Path(folder)
    message = f"'LAKEHOUSE_POSTGRES_BIN' must be a folder with PostgreSQL's binaries, got {folder}; set it"
    return absent(message)


class PostgresServer:
    """A server on a free loopback port with its data in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self._bin = folder
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None
        self._root = Path(tempfile.mkdtemp(prefix="lakehouse-postgres-"))
        self._data = self._root / "data"
        password = self._root / "password"
        password.write_text(PASSWORD)
        if self._user is not None:
            for path in (self._root, password):
                os.chown(path, self._user, self._user)
        arguments = ["-D", str(self._data), "-U", USERNAME, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8"]
        self._call("initdb", *arguments, "--no-sync", "--locale=C")
        self.port = free_port()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._call("pg_ctl", "-D", str(self._data), "-w", "-o", options, "-l", str(self._root / "log"), "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._root)

    def credentials(self, database: str) -> Credentials:
        return Credentials("127.0.0.1", self.port, database, USERNAME, PASSWORD)

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user is not None else None,
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program == "initdb" else subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            log = self._root / "log"
            tail = log.read_text()[-2000:] if log.exists() else done.stdout
            raise RuntimeError(f"{program} failed: {tail!r}")


class Sql:
    """A session of a user of the source; `begin` opens a transaction that `commit` ends."""

    def __init__(self, spark: SparkSession, credentials: Credentials) -> None:
        jvm: Any = spark._jvm
        jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register("org.postgresql.Driver")
        properties = jvm.java.util.Properties()
        properties.setProperty("user", credentials.username)
        properties.setProperty("password", credentials.password)
        self._connection: Any = jvm.java.sql.DriverManager.getConnection(credentials.url, properties)

    def run(self, *statements: str) -> None:
        for statement in statements:
            prepared = self._connection.createStatement()
            prepared.execute(statement)
            prepared.close()

    def number(self, query: str) -> int:
        prepared = self._connection.createStatement()
        result = prepared.executeQuery(query)
        result.next()
        found = int(result.getLong(1))
        prepared.close()
        return found

    def begin(self) -> None:
        self._connection.setAutoCommit(False)

    def commit(self) -> None:
        self._connection.commit()
        self._connection.setAutoCommit(True)

    def close(self) -> None:
        self._connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
