"""Telling people. An alert that cannot be delivered is a line in the log: it never fails the run it tells of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import boto3
from botocore.config import Config

_LOGGER = logging.getLogger(__name__)
_LONGEST_SUBJECT = 99
_QUICKLY = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})


@dataclass(frozen=True)
class Alert:
    """A subject of one line, and what there is to say."""

    subject: str
    text: str


Channel = Callable[[Alert], None]


def topic(arn: str) -> Channel:
    """Delivers to an SNS topic."""

    def deliver(alert: Alert) -> None:
        # SNS refuses line breaks, and 100 characters or more
        subject = " ".join(alert.subject.split())[:_LONGEST_SUBJECT]
        boto3.client("sns", config=_QUICKLY).publish(TopicArn=arn, Subject=subject, Message=alert.text)

    return deliver


def send(alert: Alert, channels: Mapping[str, Channel]) -> list[str]:
    """Deliver by every channel; a channel that fails is said once, and the others are still tried.

    :returns: the names of the channels that delivered.
    """
    delivered = []
    for name, deliver in channels.items():
        try:
            deliver(alert)
        except Exception as error:
            _LOGGER.warning("alert '%s' not delivered by %s, going on: %s", alert.subject, name, error)
        else:
            delivered.append(name)
    return delivered
