"""What a client of AWS's first Java SDK must not be told here, because this endpoint speaks plain HTTP.

Hadoop's S3A copies an object (its rename, and so every file of a Spark checkpoint) under the KMS key of the original,
and the SDK inside it sends no key over plain HTTP: "HTTPS must be used when sending customer encryption keys". On AWS
it speaks HTTPS. The copy gets the bucket's default encryption, which is the same key.
"""

from __future__ import annotations

from typing import Any

from ministack.services import s3

_ENCRYPTION = "x-amz-server-side-encryption"


def install() -> None:
    """Answer Hadoop's look at an object without the object's encryption."""
    stock = s3.handle_request

    async def handling(method: str, path: str, headers: dict[str, str], *args: Any, **more: Any) -> Any:
        answer = await stock(method, path, headers, *args, **more)
        if method != "HEAD" or not _of_hadoop(headers):
            return answer
        status, given, *rest = answer
        told = {name: value for name, value in given.items() if not name.lower().startswith(_ENCRYPTION)}
        return (status, told, *rest)

    s3.handle_request = handling


def _of_hadoop(headers: dict[str, str]) -> bool:
    agent = next((value for name, value in headers.items() if name.lower() == "user-agent"), "")
    return agent.startswith("Hadoop ")
