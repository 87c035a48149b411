"""What Hadoop is told of an encrypted object over plain HTTP."""

from __future__ import annotations

import urllib.request

from tests.support import Endpoint


def test_hadoop_is_not_told_the_key_of_an_object_and_everybody_else_is(endpoint: Endpoint) -> None:
    endpoint.upload("secret", b"s", "encrypted-of-tests")
    s3 = endpoint.client("s3")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="encrypted-of-tests", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="encrypted-of-tests", Key="secret", Body=b"s")

    def told(agent: str) -> set[str]:
        where = f"{endpoint.url}/encrypted-of-tests/secret"
        request = urllib.request.Request(where, method="HEAD", headers={"User-Agent": agent})
        with urllib.request.urlopen(request, timeout=10) as response:
            return {name.lower() for name in response.headers if "encryption" in name.lower()}

    assert told("Hadoop 3.3.4, aws-sdk-java/1.12.262") == set()
    assert "x-amz-server-side-encryption" in told("Boto3/1.40")
