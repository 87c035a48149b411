"""Where everything is in this environment: the runtime parameter the stack writes, and the sources' secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError

from lakehouse_jobs.exceptions import ConfigurationError, problem
from lakehouse_jobs.retry import RetryPolicy
from lakehouse_jobs.source import Credentials

_VERSION = 1


@dataclass(frozen=True)
class Runtime:
    """The stack's facts: environment, Glue databases and bucket names by zone, secret ids by source, Kafka cluster,
    SNS topics by severity, the applications that are deployed.
    """

    environment: str
    databases: Mapping[str, str]
    buckets: Mapping[str, str]
    secrets: Mapping[str, str]
    kafka_cluster_arn: str | None = None
    topics: Mapping[str, str] = field(default_factory=dict)
    applications: frozenset[str] = frozenset()

    def bucket_uri(self, zone: str) -> str:
        """`s3://<bucket>` of a zone (landing, bronze, …, artifacts)."""
        return f"s3://{self.buckets[zone]}"


def load_runtime(environment: str, retry: RetryPolicy) -> Runtime:
    """Read SSM parameter `/lakehouse/<environment>/runtime`.

    :raises ConfigurationError: it is missing or not of the version this job knows.
    """
    name = f"/lakehouse/{environment}/runtime"
    client = boto3.client("ssm")
    remedy = f"deploy the stack of environment '{environment}'"
    text = _fetch(name, lambda: client.get_parameter(Name=name)["Parameter"]["Value"], remedy, retry)
    document = _json(name, text)
    if document.get("version") != _VERSION:
        raise ConfigurationError(problem(name, f"have version {_VERSION}", document.get("version"), remedy))
    return parse_runtime(document, name)


def find_contracts(environment: str, dataset: str) -> str | None:
    """Where the archive of the contracts is that a stream was deployed with last; None where no one says so."""
    client = boto3.client("ssm")
    try:
        return client.get_parameter(Name=f"/lakehouse/{environment}/streams/{dataset}")["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        return None


def parse_runtime(document: Mapping[str, Any], name: str) -> Runtime:
    """Build a `Runtime` from the parameter's JSON.

    :raises ConfigurationError: a part that the jobs need is missing.
    """
    databases, buckets = document.get("databases") or {}, document.get("buckets") or {}
    missing = [f"databases.{zone}" for zone in ("bronze", "silver") if not databases.get(zone)]
    missing += [f"buckets.{zone}" for zone in ("landing", "artifacts") if not buckets.get(zone)]
    if missing:
        raise ConfigurationError(problem(name, "be complete", f"no {', '.join(missing)}", "deploy the stack again"))
    sources = document.get("sources") or {}
    secrets = {source: str(entry["secretId"]) for source, entry in sources.items()}
    cluster = (document.get("kafka") or {}).get("clusterArn")
    topics = document.get("topics") or {}
    applications = frozenset(document.get("applications") or ())
    return Runtime(str(document.get("environment")), databases, buckets, secrets, cluster, topics, applications)


def load_credentials(runtime: Runtime, source: str, retry: RetryPolicy) -> Credentials:
    """Read the secret of `source` from Secrets Manager; its text never appears in a message.

    :raises ConfigurationError: the source is unknown, or its secret is missing or incomplete.
    """
    secret_id = runtime.secrets.get(source)
    if secret_id is None:
        known = ", ".join(sorted(runtime.secrets)) or "none"
        raise ConfigurationError(problem("source", f"be one of {known}", source, "add it to the environment's config"))
    client = boto3.client("secretsmanager")
    remedy = "store the source's credentials in it"
    text = _fetch(secret_id, lambda: client.get_secret_value(SecretId=secret_id)["SecretString"], remedy, retry)
    return parse_credentials(_json(secret_id, text), secret_id)


def parse_credentials(document: Mapping[str, Any], name: str) -> Credentials:
    """Build `Credentials` from a secret's JSON: engine, host, port, dbname, username, password, optional sslmode.

    :raises ConfigurationError: a field is missing, or the engine is not postgres.
    """
    missing = [key for key in ("host", "port", "dbname", "username", "password") if not document.get(key)]
    if missing:
        raise ConfigurationError(problem(f"secret {name}", "be complete", f"no {', '.join(missing)}", "add the fields"))
    if document.get("engine", "postgres") != "postgres":
        remedy = "this job reads PostgreSQL"
        raise ConfigurationError(problem(f"secret {name} engine", "be postgres", document["engine"], remedy))
    return Credentials(
        host=str(document["host"]),
        port=int(document["port"]),
        database=str(document["dbname"]),
        username=str(document["username"]),
        password=str(document["password"]),
        sslmode=str(document.get("sslmode", "prefer")),
    )


def _fetch(name: str, call: Callable[[], str], remedy: str, retry: RetryPolicy) -> str:
    def once() -> str:
        try:
            return call()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("ParameterNotFound", "ResourceNotFoundException"):
                raise ConfigurationError(problem(name, "exist", "nothing", remedy)) from error
            raise

    return retry.run(f"read {name}", once)


def _json(name: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        # the text may be a secret: neither it nor the parser's excerpt of it is shown
        raise ConfigurationError(problem(name, "be JSON", "other text", "store a JSON object")) from None
    if not isinstance(document, dict):
        raise ConfigurationError(problem(name, "be a JSON object", type(document).__name__, "store a JSON object"))
    return document
