"""What the DAGs take from Airflow: its names in versions 2.10 to 3.3, the options of section `lakehouse`, and alerts.

environment    the lake's environment; needed
retries        how often a task is tried again; 3
retry_seconds  the wait before the first of them, which doubles; 60
poll_seconds   how often EMR is asked about a step, may be a fraction; 10
mail_to        who gets a mail when a run fails, comma-separated, by Airflow's own mail settings; nobody
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.configuration import conf

try:  # Airflow 3
    from airflow.sdk import DAG, Param, TaskGroup, chain, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models.baseoperator import chain
    from airflow.models.param import Param
    from airflow.utils.task_group import TaskGroup

from .alerts import Alert, Channel, send, topic
from .emr import run_step
from .runtime import load_runtime, topic_of

__all__ = [
    "DAG",
    "Param",
    "TaskGroup",
    "chain",
    "environment",
    "of_tasks",
    "option",
    "run_ended",
    "seconds",
    "step",
    "task",
    "warn",
]

SECTION = "lakehouse"


def environment() -> str:
    """The name of the lake's environment."""
    return str(conf.get(SECTION, "environment"))


def option(name: str, default: int) -> int:
    """A number of the section."""
    return int(conf.getint(SECTION, name, fallback=default))


def seconds(name: str, default: float) -> float:
    """A time of the section, of which a fraction means something too."""
    return float(conf.getfloat(SECTION, name, fallback=default))


def of_tasks() -> dict[str, Any]:
    """Arguments of every task: tried again, each time after twice as long, and told of.

    None has a time-out of its own, because ending a task does not end its step: that of the DAG ends them all.
    """
    return {
        "owner": "lakehouse",
        "on_failure_callback": task_failed,
        "retries": option("retries", 3),
        "retry_delay": timedelta(seconds=option("retry_seconds", 60)),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
    }


def _step(cluster_id: str, arguments: dict[str, Any]) -> str:
    """A step of a cluster, from its beginning to its end: a retry waits for one that runs on, else it adds it again."""
    return run_step(cluster_id, arguments, seconds("poll_seconds", 10))


step = task(task_id="step")(_step)


def task_failed(context: Any) -> None:
    """Tell of a task that failed for good; `on_failure_callback` of tasks, after the last retry."""
    instance = context["ti"]
    text = f"task {instance.task_id} of {instance.dag_id}, run {instance.run_id}, failed for good"
    alert = Alert(f"{instance.dag_id} failed: {instance.task_id}", f"{text}: {context.get('exception')}")
    send(alert, _channels("critical"))


def run_ended(context: Any) -> None:
    """Tell of a run that took too long; `on_failure_callback` of DAGs. Failed tasks have told of themselves."""
    if context.get("reason") == "timed_out":
        dag, run = context["dag"], context.get("run_id")
        ended = f"run {run} of {dag.dag_id} took longer than {dag.dagrun_timeout} and was ended"
        text = f"{ended}; a step that it waited for is not: see the steps of the cluster"
        send(Alert(f"{dag.dag_id} took too long", text), _channels("critical"))


def warn(subject: str, text: str) -> None:
    """Tell of something that is not as promised, but no failure."""
    send(Alert(subject, text), _channels("warning"))


def _channels(severity: str) -> dict[str, Channel]:
    recipients = [name.strip() for name in conf.get(SECTION, "mail_to", fallback="").split(",") if name.strip()]
    # a mail is for what somebody must do now
    mail: dict[str, Channel] = {"mail": _mail(recipients)} if recipients and severity == "critical" else {}
    return {"topic": _topic(severity), **mail}


def _topic(severity: str) -> Channel:
    # where the topic is, is asked only now, so that a lake that cannot be reached costs no other channel its alert
    def deliver(alert: Alert) -> None:
        arn = topic_of(load_runtime(environment()), severity)
        if arn is not None:
            topic(arn)(alert)

    return deliver


def _mail(recipients: list[str]) -> Channel:
    def deliver(alert: Alert) -> None:
        from html import escape

        from airflow.utils.email import send_email

        send_email(to=recipients, subject=alert.subject, html_content=f"<p>{escape(alert.text)}</p>")

    return deliver
