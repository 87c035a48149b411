"""A template of every type there is a reader for."""

from __future__ import annotations

from tests.airflow_resources import environment, upload_dags
from tests.consumption_resources import costs, queries
from tests.data_resources import security, storage, tables
from tests.function_resources import functions
from tests.kafka_resources import express, kafka, record_schema, schemas, volumes_that_grow
from tests.network_resources import network
from tests.observed_resources import observed
from tests.operations_resources import emr, messages, monitoring
from tests.support import Endpoint
from tests.templates import CHILD, Template, att, ref
from tests.workflow_resources import serverless, workflows


def everything(endpoint: Endpoint) -> Template:
    """One or more of every type there is a reader for, with the properties the library uses or is about to."""
    url = endpoint.upload("child.json", CHILD)
    upload_dags(endpoint)
    return {
        "Resources": {
            **network(),
            **security(),
            **storage(),
            **tables(),
            **messages(),
            **monitoring(),
            **emr(),
            **queries(),
            **observed(),
            **costs(),
            **kafka([ref("Subnet")], att("Group", "GroupId"), att("Key", "Arn"), ref("Logs")),
            **volumes_that_grow(),
            **express(),
            **schemas(record_schema("flight", flight="integer")),
            **workflows(),
            **functions(endpoint),
            **serverless(),
            **environment(att("Group", "GroupId"), att("Key", "Arn")),
            "Child": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": url, "Parameters": {"Word": "told"}},
            },
            "NotEmulated": {"Type": "AWS::LakeFormation::Tag", "Properties": {"TagKey": "k", "TagValues": ["v"]}},
        },
        "Outputs": {"Recorded": {"Value": ref("NotEmulated")}, "Said": {"Value": att("Child", "Outputs.Said")}},
    }
