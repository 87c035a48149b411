"""boto3 clients of one endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config

# one for all endpoints: each would read the models of the services and the list of AWS's endpoints anew
_session = boto3.session.Session()


class Aws:
    """Clients by service name, made once; the account is the credentials' own."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint = endpoint
        self.region = region
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            self._clients[service] = _session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(inject_host_prefix=False, retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Every item of a paginated listing."""
        for page in self.client(service).get_paginator(operation).paginate(**arguments):
            yield from page.get(key) or []

    def account_id(self) -> str:
        """The account the endpoint answers for."""
        if "account" not in self._clients:
            self._clients["account"] = self.client("sts").get_caller_identity()["Account"]
        return str(self._clients["account"])
