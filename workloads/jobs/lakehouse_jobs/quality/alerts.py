"""Tells people of what they must act on, by the topic that the stack has for it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_LOGGER = logging.getLogger(__name__)
_LONGEST_SUBJECT = 100  # SNS's limit, below which it must stay


class Alerts:
    """Messages to one topic; a topic that cannot be reached stops nothing."""

    def __init__(self, client: SNSClient, topic_arn: str | None, environment: str) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._environment = environment

    def send(self, subject: str, message: str) -> None:
        """Publish a message; that it could not be is said in the log, with the message's subject."""
        full = f"lakehouse {self._environment}: {subject}"
        if len(full) >= _LONGEST_SUBJECT:
            full = f"{full[: _LONGEST_SUBJECT - 4]}..."
        try:
            if self._topic_arn is None:
                _LOGGER.warning("nobody is alerted: the stack has no such topic", extra={"subject": full})
                return
            self._client.publish(TopicArn=self._topic_arn, Subject=full, Message=message)
        except Exception as error:
            _LOGGER.warning("nobody could be alerted; the run goes on", extra={"subject": full, "error": str(error)})
