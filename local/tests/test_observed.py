"""Saved queries of logs and request metrics of buckets on the endpoint: kept, changed in place, taken away."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from readback.report import read_back
from tests.support import REGION, Endpoint
from tests.templates import Template, ref

METRICS: list[dict[str, Any]] = [
    {"Id": "EntireBucket"},
    {"Id": "Runs", "Prefix": "runs/"},
    {"Id": "Hot", "TagFilters": [{"Key": "tier", "Value": "hot"}]},
    {"Id": "HotRuns", "Prefix": "runs/", "TagFilters": [{"Key": "tier", "Value": "hot"}]},
]


def template(query: str, metrics: list[dict[str, Any]]) -> Template:
    """A log group with a saved query, and a bucket with request metrics."""
    saved = {"Name": "lake/errors", "QueryString": query, "LogGroupNames": [ref("Logs")]}
    return {
        "Resources": {
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "observed"}},
            "Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": saved},
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": "observed-of-tests", "MetricsConfigurations": metrics},
            },
        }
    }


def test_saved_queries_and_request_metrics_live_with_their_stack(endpoint: Endpoint) -> None:
    logs, s3 = endpoint.client("logs"), endpoint.client("s3")
    assert endpoint.deploy("observed", template("filter @message like /A/", METRICS)) == "CREATE_COMPLETE"
    assert read_back(endpoint.url, "observed", REGION).mismatches == []
    [made] = logs.describe_query_definitions(queryDefinitionNamePrefix="lake/")["queryDefinitions"]

    assert endpoint.deploy("observed", template("filter @message like /B/", METRICS[1:2])) == "UPDATE_COMPLETE"

    assert read_back(endpoint.url, "observed", REGION).mismatches == []
    [changed] = logs.describe_query_definitions(queryDefinitionNamePrefix="lake/")["queryDefinitions"]
    assert (changed["queryDefinitionId"], changed["queryString"]) == (
        made["queryDefinitionId"],
        "filter @message like /B/",
    )
    kept = s3.get_bucket_metrics_configuration(Bucket="observed-of-tests", Id="Runs")["MetricsConfiguration"]
    assert kept == {"Id": "Runs", "Filter": {"Prefix": "runs/"}}
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket="observed-of-tests", Id="EntireBucket")

    assert endpoint.destroy("observed") == "DELETE_COMPLETE", endpoint.why("observed")
    assert logs.describe_query_definitions(queryDefinitionNamePrefix="lake/")["queryDefinitions"] == []
    s3.create_bucket(Bucket="observed-of-tests")
    answer = s3.list_bucket_metrics_configurations(Bucket="observed-of-tests")
    s3.delete_bucket(Bucket="observed-of-tests")
    assert "MetricsConfigurationList" not in answer


def test_a_query_over_a_log_group_that_is_not_there_is_refused(endpoint: Endpoint) -> None:
    logs = endpoint.client("logs")
    with pytest.raises(ClientError, match="Log group does not exist: nowhere"):
        logs.put_query_definition(name="lost", queryString="limit 1", logGroupNames=["nowhere"])
    with pytest.raises(ClientError, match="does not exist"):
        logs.delete_query_definition(queryDefinitionId="0")
    with pytest.raises(ClientError, match="does not exist"):
        logs.put_query_definition(name="lost", queryString="limit 1", queryDefinitionId="0")


def test_saved_queries_are_listed_in_pages(endpoint: Endpoint) -> None:
    logs = endpoint.client("logs")
    made = [logs.put_query_definition(name=f"paged/{n}", queryString="limit 1") for n in range(3)]
    first = logs.describe_query_definitions(queryDefinitionNamePrefix="paged/", maxResults=2)
    rest = logs.describe_query_definitions(
        queryDefinitionNamePrefix="paged/", maxResults=2, nextToken=first["nextToken"]
    )
    for one in made:
        logs.delete_query_definition(queryDefinitionId=one["queryDefinitionId"])
    assert [one["name"] for one in first["queryDefinitions"] + rest["queryDefinitions"]] == [
        f"paged/{n}" for n in range(3)
    ]
    assert "nextToken" not in rest
