"""The files that CDK's BucketDeployment makes of its sources: unpacked, placeholders replaced, filters applied.

The read-back has an understanding of its own, so that one mistake does not hide another.
"""

from __future__ import annotations

import fnmatch
import io
import json
import mimetypes
import re
import zipfile
from collections.abc import Callable
from typing import Any

Files = dict[str, bytes]

_PLAIN_YAML = re.compile(r"^[A-Za-z][A-Za-z0-9._-]*$")
_RESERVED_YAML = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_SYSTEM_METADATA = {
    "acl": "ACL",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "expires": "Expires",
    "sse": "ServerSideEncryption",
    "sse-kms-key-id": "SSEKMSKeyId",
    "storage-class": "StorageClass",
    "website-redirect": "WebsiteRedirectLocation",
}


def read_sources(properties: dict[str, Any], fetch: Callable[[str, str], bytes]) -> Files:
    """The files by their path in the destination; of two with one path the later source wins."""
    files: Files = {}
    markers, configs = properties.get("SourceMarkers") or [], properties.get("SourceMarkersConfig") or []
    sources = zip(properties["SourceBucketNames"], properties["SourceObjectKeys"], strict=True)
    for position, (bucket, key) in enumerate(sources):
        body = fetch(bucket, key)
        if str(properties.get("Extract", True)).lower() != "true":
            files[key.rpartition("/")[2]] = body
            continue
        marked = markers[position] if position < len(markers) else {}
        config = configs[position] if position < len(configs) else {}
        files.update({name: _replaced(content, marked, config) for name, content in _unpacked(body)})
    return files


def included(name: str, exclude: list[str], include: list[str]) -> bool:
    """Whether the command line's filters let a file through: all of `exclude` first, then all of `include`."""
    excluded = any(fnmatch.fnmatchcase(name, pattern) for pattern in exclude)
    return not excluded or any(fnmatch.fnmatchcase(name, pattern) for pattern in include)


def upload_arguments(properties: dict[str, Any]) -> dict[str, Any]:
    """The metadata as PutObject takes it."""
    system = {str(k).lower(): v for k, v in (properties.get("SystemMetadata") or {}).items()}
    user = {str(k).lower(): str(v) for k, v in (properties.get("UserMetadata") or {}).items()}
    named = {_SYSTEM_METADATA[key]: value for key, value in system.items() if key in _SYSTEM_METADATA}
    return {**named, **({"Metadata": user} if user else {})}


def content_type(name: str) -> dict[str, str]:
    """The type that the command line guesses from a name."""
    guessed, _ = mimetypes.guess_type(name)
    return {"ContentType": guessed} if guessed else {}


def _unpacked(body: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return [(item.filename, archive.read(item)) for item in archive.infolist() if not item.is_dir()]


def _replaced(content: bytes, markers: dict[str, Any], config: dict[str, Any]) -> bytes:
    for marker, value in markers.items():
        content = content.replace(marker.encode(), _encoded(marker, value, config).encode())
    return content


def _encoded(marker: str, value: Any, config: dict[str, Any]) -> str:
    escaped = str(config.get("jsonEscape", False)).lower() == "true"
    default = "UNQUOTED_JSON_VALUE" if escaped else "LITERAL"
    encoding = (config.get("markerEncodings") or {}).get(marker, default)
    if encoding == "JSON_VALUE":
        return json.dumps(value)
    if encoding == "UNQUOTED_JSON_VALUE":
        text = json.dumps(value)
        return text[1:-1] if text.startswith('"') else text
    plain = encoding == "LITERAL" or (_PLAIN_YAML.match(str(value)) and str(value).lower() not in _RESERVED_YAML)
    return str(value) if plain else json.dumps(value)
