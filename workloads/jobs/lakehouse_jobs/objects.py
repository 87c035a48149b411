"""Small objects (manifests, run records) and listings in the lake, on S3 or on a local disk, by URI scheme."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlparse

import boto3
from botocore.exceptions import ClientError

from lakehouse_jobs.exceptions import ConfigurationError, problem

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing: its URI and its size in bytes."""

    uri: str
    size: int


class ObjectStore(Protocol):
    """Read, write and list objects below a base URI."""

    def read(self, uri: str) -> bytes | None:
        """The object's bytes, or None when there is no such object."""

    def write(self, uri: str, data: bytes) -> None:
        """Write an object whole."""

    def delete(self, uri: str) -> None:
        """Remove an object; nothing happens when there is none."""

    def objects(self, prefix: str) -> list[StoredObject]:
        """All objects whose URI starts with `prefix` (which ends in `/`), sorted by URI."""

    def folders(self, prefix: str) -> list[str]:
        """URIs (ending in `/`) of the folders right below `prefix`, sorted."""


class S3Store:
    """Objects in S3, by `s3://bucket/key`."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def read(self, uri: str) -> bytes | None:
        """See `ObjectStore`."""
        bucket, key = _split(uri)
        try:
            return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise

    def write(self, uri: str, data: bytes) -> None:
        """See `ObjectStore`."""
        bucket, key = _split(uri)
        # a browser shows a page as a page only when it is told
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        self._client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=kind)

    def delete(self, uri: str) -> None:
        """See `ObjectStore`."""
        bucket, key = _split(uri)
        self._client.delete_object(Bucket=bucket, Key=key)

    def objects(self, prefix: str) -> list[StoredObject]:
        """See `ObjectStore`."""
        bucket, key = _split(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        found = [entry for page in pages for entry in page.get("Contents", [])]
        return sorted((StoredObject(f"s3://{bucket}/{entry['Key']}", entry["Size"]) for entry in found), key=_by_uri)

    def folders(self, prefix: str) -> list[str]:
        """See `ObjectStore`."""
        bucket, key = _split(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key, Delimiter="/")
        return sorted(f"s3://{bucket}/{entry['Prefix']}" for page in pages for entry in page.get("CommonPrefixes", []))


class DiskStore:
    """Objects on a local disk, by `file:///path`."""

    def read(self, uri: str) -> bytes | None:
        """See `ObjectStore`."""
        path = _path(uri)
        return path.read_bytes() if path.is_file() else None

    def write(self, uri: str, data: bytes) -> None:
        """See `ObjectStore`; the object appears whole or not at all."""
        path = _path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(data)
        partial.replace(path)

    def delete(self, uri: str) -> None:
        """See `ObjectStore`."""
        _path(uri).unlink(missing_ok=True)

    def objects(self, prefix: str) -> list[StoredObject]:
        """See `ObjectStore`."""
        files = [path for path in _path(prefix).rglob("*") if path.is_file()]
        return sorted((StoredObject(f"file://{path}", path.stat().st_size) for path in files), key=_by_uri)

    def folders(self, prefix: str) -> list[str]:
        """See `ObjectStore`."""
        root = _path(prefix)
        return sorted(f"file://{path}/" for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def store_for(uri: str) -> ObjectStore:
    """The store that holds `uri`.

    :raises ConfigurationError: the scheme is neither s3 nor file.
    """
    scheme = urlparse(uri).scheme
    if scheme == "s3":
        return S3Store(boto3.client("s3"))
    if scheme == "file":
        return DiskStore()
    raise ConfigurationError(problem("base URI", "start with s3:// or file://", uri, "correct the runtime parameter"))


def _by_uri(entry: StoredObject) -> str:
    return entry.uri


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))
