from __future__ import annotations

import io
from pathlib import Path

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from lakehouse_jobs.exceptions import ConfigurationError
from lakehouse_jobs.objects import DiskStore, S3Store, StoredObject, store_for


def test_disk_store_reads_what_it_wrote_and_lists_it(tmp_path: Path) -> None:
    store, base = DiskStore(), f"file://{tmp_path}"
    store.write(f"{base}/a=1/x y.json", b"12345")
    store.write(f"{base}/b=2/z.json", b"1")

    assert store.read(f"{base}/a=1/x y.json") == b"12345"
    assert store.read(f"{base}/a=1/none") is None
    assert store.objects(f"{base}/a=1/") == [StoredObject(f"{base}/a=1/x y.json", 5)]
    assert store.folders(f"{base}/") == [f"{base}/a=1/", f"{base}/b=2/"]
    store.delete(f"{base}/b=2/z.json")
    assert store.objects(f"{base}/b=2/") == []


def test_s3_store_speaks_the_same_language() -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    store = S3Store(client)
    with Stubber(client) as stub:
        put = {"Bucket": "b", "Key": "k/m.json", "Body": b"{}", "ContentType": "application/json"}
        stub.add_response("put_object", {}, put)
        stub.add_response(
            "get_object", {"Body": StreamingBody(io.BytesIO(b"{}"), 2)}, {"Bucket": "b", "Key": "k/m.json"}
        )
        stub.add_client_error("get_object", "NoSuchKey")
        listed = {"Contents": [{"Key": "k/2", "Size": 2}, {"Key": "k/1", "Size": 1}]}
        stub.add_response("list_objects_v2", listed, {"Bucket": "b", "Prefix": "k/"})
        folders = {"CommonPrefixes": [{"Prefix": "k/run=1/"}]}
        stub.add_response("list_objects_v2", folders, {"Bucket": "b", "Prefix": "k/", "Delimiter": "/"})
        store.write("s3://b/k/m.json", b"{}")

        assert store.read("s3://b/k/m.json") == b"{}"
        assert store.read("s3://b/k/none") is None
        assert store.objects("s3://b/k/") == [StoredObject("s3://b/k/1", 1), StoredObject("s3://b/k/2", 2)]
        assert store.folders("s3://b/k/") == ["s3://b/k/run=1/"]


def test_fails_when_the_scheme_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match=r"'base URI' must start with s3:// or file://, got \"gs://b\""):
        store_for("gs://b")
