from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lakehouse_jobs.exceptions import CommitConflictError, FailureKind, JobError
from lakehouse_jobs.failures import translate


class _Class:
    def __init__(self, name: str) -> None:
        self._name = name

    def getName(self) -> str:  # noqa: N802 (Java's name)
        return self._name


class JavaError:
    """What py4j shows of a Java exception."""

    def __init__(self, name: str, message: str, cause: JavaError | None = None) -> None:
        self._name, self._message, self._cause = name, message, cause

    def getClass(self) -> _Class:  # noqa: N802
        return _Class(self._name)

    def getMessage(self) -> str:  # noqa: N802
        return self._message

    def getCause(self) -> JavaError | None:  # noqa: N802
        return self._cause


class SqlError(JavaError):
    def __init__(self, state: str, message: str = "ERROR: something") -> None:
        super().__init__("org.postgresql.util.PSQLException", message)
        self._state = state

    def getSQLState(self) -> str:  # noqa: N802
        return self._state


class FromJavaError(Exception):
    def __init__(self, java: JavaError) -> None:
        super().__init__("An error occurred while calling o1.load")
        self.java_exception = java


def _kind(error: BaseException) -> FailureKind:
    return translate(error).kind


@pytest.mark.parametrize("state", ["08001", "08006", "40001", "40P01", "57P01", "53300"])
def test_states_that_pass_are_transient(state: str) -> None:
    assert _kind(FromJavaError(SqlError(state))) is FailureKind.TRANSIENT


@pytest.mark.parametrize("state", ["28P01", "28000", "42703", "42P01", "42501", "22P02"])
def test_states_that_stay_are_terminal(state: str) -> None:
    assert _kind(FromJavaError(SqlError(state))) is FailureKind.TERMINAL


@pytest.mark.parametrize("state", ["22023", "42704"])
def test_exported_snapshot_that_went_with_its_connection_is_transient(state: str) -> None:
    lost = SqlError(state, 'ERROR: snapshot "00000001-00000005-1" does not exist')
    assert _kind(FromJavaError(lost)) is FailureKind.TRANSIENT
    assert _kind(FromJavaError(SqlError(state, 'ERROR: type "text2" does not exist'))) is FailureKind.TERMINAL


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Connection to db:5432 refused. Check that the hostname and port are correct", FailureKind.TRANSIENT),
        ("FATAL: terminating connection due to administrator command", FailureKind.TRANSIENT),
        ("ERROR: could not import the requested snapshot", FailureKind.TRANSIENT),
        ('ERROR: column "gate" does not exist', FailureKind.TERMINAL),
    ],
)
def test_failed_task_is_judged_by_the_drivers_words(text: str, kind: FailureKind) -> None:
    message = (
        f"Job aborted due to stage failure: Lost task 0.0: org.postgresql.util.PSQLException: {text}\n\tat x.Y(Z:1)"
    )
    failure = translate(FromJavaError(JavaError("org.apache.spark.SparkException", message)))

    assert failure.kind is kind
    assert text.split(".", maxsplit=1)[0] in str(failure)
    assert "\tat " not in str(failure)


@pytest.mark.parametrize("name", ["ValidationException", "CommitFailedException", "CommitStateUnknownException"])
def test_icebergs_conflicts_are_found_below_sparks_wrappers(name: str) -> None:
    inner = JavaError(f"org.apache.iceberg.exceptions.{name}", "Found conflicting files")
    outer = JavaError("org.apache.spark.SparkException", "Writing job aborted", inner)

    assert isinstance(translate(FromJavaError(outer)), CommitConflictError)


def test_scan_overtaken_by_another_commit_is_a_conflict() -> None:
    text = "Runtime file filtering is not possible: the table has been concurrently modified. Row-level operation"

    assert isinstance(translate(FromJavaError(JavaError("java.lang.IllegalStateException", text))), CommitConflictError)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Get"), FailureKind.TRANSIENT),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Get"), FailureKind.TERMINAL),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), FailureKind.TRANSIENT),
        (ValueError("odd"), FailureKind.TERMINAL),
    ],
)
def test_other_failures(error: Exception, kind: FailureKind) -> None:
    assert _kind(error) is kind


def test_own_error_is_kept() -> None:
    error = JobError("x")

    assert translate(error) is error
