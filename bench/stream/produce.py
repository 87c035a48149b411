"""Sends events of flights to a topic with two partitions: `produce.py <bootstrap> <topic> <records> <rate> <broken>`.

Every tenth is a later report of an earlier event. With a rate other than 0, so many are sent each second. Of each
`broken` records one breaks the contract; none when it is 0. Runs in the environment of the endpoint, which brings a
producer.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

_PARTITIONS = 2
_BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
_AN_HOUR = 400
"""Events of one hour."""


def event(number: int, broken: int) -> tuple[str, str]:
    """Key and payload of one record."""
    of = number - 1000 if number % 10 == 9 and number > 1000 else number
    hour = _BEGIN + timedelta(hours=of // _AN_HOUR)
    happened = hour + timedelta(seconds=of % _AN_HOUR * 9)
    told = _BEGIN + timedelta(seconds=number)
    fields = {
        "event_type": "departed",
        "event_time": f"{happened:%Y-%m-%dT%H:%M:%SZ}",
        "reported_at": f"{max(told, happened):%Y-%m-%dT%H:%M:%SZ}",
        "time_hour": f"{hour:%Y-%m-%dT%H:%M:%SZ}",
        "carrier": "UA",
        "flight": of % _AN_HOUR + 1,
        "origin": "EWR",
        "dest": "IAH",
        "tailnum": f"N{of % 9000 + 1000}",
        "scheduled_clock": 500,
        "actual_clock": 502,
        "delay": "late" if broken and number % broken == 0 else number % 60,
        "air_time": None,
    }
    return f"UA-{fields['flight']}", json.dumps(fields)


def main(bootstrap: str, topic: str, *numbers: int) -> None:
    """Send all to the topic, which is made if there is none; what is not acknowledged is an error."""
    records, rate, broken = numbers
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(topic, _PARTITIONS, 1)])
    try:
        made[topic].result(30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5})
    began = time.monotonic()
    for number in range(records):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
        key, value = event(number, broken)
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(60):
        raise SystemExit("the broker did not take all records")


main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
