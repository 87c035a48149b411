"""Serving: the environment ministack reads at import, the listener on the loopback address, and the end of it all."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from emulator import logs
from emulator.config import EmulatorConfig
from emulator.exceptions import ConfigurationError, must

log = logging.getLogger("emulator")


def prepare(config: EmulatorConfig) -> None:
    """Set what ministack reads from the environment; must run before its first import."""
    state = config.state_dir
    (state / "tmp").mkdir(parents=True, exist_ok=True)
    os.environ.update(
        GATEWAY_PORT=str(config.port),
        BIND_HOST="127.0.0.1",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        PERSIST_STATE="0",
        S3_PERSIST="0",
        STATE_DIR=str(state / "state"),
        S3_DATA_DIR=str(state / "s3"),
        TMPDIR=str(state / "tmp"),
        MINISTACK_REGION=config.region,
        MINISTACK_ACCOUNT_ID=config.account_id,
        AWS_EC2_METADATA_DISABLED="true",
    )
    if config.kafka_bootstrap:
        os.environ["MINISTACK_MSK_BOOTSTRAP"] = config.kafka_bootstrap


def serve(config: EmulatorConfig, extend: Callable[[Any], Any] | None = None) -> NoReturn:
    """Serve until told to stop; `extend` wraps the application (tests only). Ends every Spark process it started."""
    _refuse_taken_port(config.port)
    prepare(config)
    from emulator import endpoint
    from emulator.jobs.runner import JobRunner

    app = endpoint.install()
    logs.configure(os.environ.get("LOG_LEVEL", "INFO"))
    runner = JobRunner(config)
    runner.install()
    if extend is not None:
        app = extend(app)
    status = 0
    try:
        asyncio.run(_listen(app, config.port))
    except Exception:
        log.exception("the listener failed")
        status = 1
    runner.stop()
    log.info("stopped")
    logging.shutdown()
    sys.stderr.flush()
    # ministack leaves threads that would outlive the listener
    os._exit(status)


def _refuse_taken_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(must("port", "free", port, "stop what listens there or take another")) from error


async def _listen(app: Any, port: int) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    listener = Config()
    listener.bind = [f"127.0.0.1:{port}"]
    listener.keep_alive_timeout = 75
    listener.graceful_timeout = 1
    listener.errorlog = None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("listening on http://127.0.0.1:%s", port)
    await hypercorn_serve(app, listener, shutdown_trigger=stop.wait)
