"""The endpoint with its provisioners reachable one by one, so that a test can hand them a property less.

Only tests start it; the product has nothing of the kind. Runs like the endpoint: `python -m tests.mutation_launcher`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from emulator import config, server


def _perform(request: dict[str, Any]) -> dict[str, Any]:
    from ministack.services.cloudformation import provisioners

    handler = provisioners._RESOURCE_HANDLERS[request["type"]]
    try:
        if request["operation"] == "delete":
            handler["delete"](request["physicalId"], request["properties"])
            return {}
        physical_id, _ = handler["create"](request["logicalId"], request["properties"], request["stack"])
        return {"physicalId": physical_id}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _with_operations(app: Any) -> Any:
    async def routed(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/_tests/provision":
            await app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        answer = json.dumps(await asyncio.to_thread(_perform, json.loads(body)), default=str).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return routed


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    server.serve(config.load(parser.parse_args().config), extend=_with_operations)
