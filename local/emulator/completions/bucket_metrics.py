"""The metrics configurations of S3 buckets, which the endpoint lacks. They are kept; nothing is measured here.

Source: Amazon S3 API reference, PutBucketMetricsConfiguration, GetBucketMetricsConfiguration,
ListBucketMetricsConfigurations, DeleteBucketMetricsConfiguration.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ministack.services import s3

Answer = tuple[int, dict[str, str], bytes]
_KEPT = "MetricsConfigurations"
"""Where the endpoint's own record of a bucket holds the XML of each by id: they go with the bucket."""

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def install() -> None:
    """Answer requests for the subresource `metrics` before the endpoint's S3 sees them."""
    stock = s3.handle_request

    async def handling(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], *args: Any, **more: Any
    ) -> Any:
        bucket, key = s3._parse_bucket_key(path, headers)
        if "metrics" not in query or key or bucket not in s3._buckets:
            return await stock(method, path, headers, body, query, *args, **more)
        given = query.get("id")
        identifier = given[0] if isinstance(given, list) else given
        return _answer(method, s3._buckets[bucket].setdefault(_KEPT, {}), identifier, body)

    s3.handle_request = handling


def _answer(method: str, configurations: dict[str, str], identifier: str | None, body: bytes) -> Answer:
    if method == "PUT" and identifier:
        configurations[identifier] = _inner(body)
        return 200, {}, b""
    if method == "GET" and identifier is None:
        items = "".join(f"<MetricsConfiguration>{inner}</MetricsConfiguration>" for inner in configurations.values())
        return _xml("ListMetricsConfigurationsResult", f"<IsTruncated>false</IsTruncated>{items}")
    if identifier not in configurations:
        message = f"<Code>NoSuchConfiguration</Code><Message>No metrics {escape(str(identifier))}</Message>"
        return 404, {"content-type": "application/xml"}, f"<Error>{message}</Error>".encode()
    if method == "DELETE":
        del configurations[identifier]
        return 204, {}, b""
    return _xml("MetricsConfiguration", configurations[identifier])


def _inner(body: bytes) -> str:
    """The members of the configuration, their namespace taken off."""
    root = ElementTree.fromstring(body)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_NAMESPACE}}}")
    return "".join(ElementTree.tostring(child, encoding="unicode") for child in root)


def _xml(name: str, inner: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{_NAMESPACE}">{inner}</{name}>'
    return 200, {"content-type": "application/xml"}, text.encode()
