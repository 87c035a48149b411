"""Sends records to a topic: each once, all of them acknowledged by every replica that is in sync.

The producer is Kafka's idempotent one: what it sends again after a lost answer, the broker keeps once.
"""

import pandas as pd
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from data.exceptions import DataError

SETTINGS = {
    "enable.idempotence": True,
    "acks": "all",
    "compression.type": "lz4",
    "linger.ms": 20,
    "partitioner": "murmur2_random",  # that of the Java clients, so that a key has one partition whoever sends it
    "delivery.timeout.ms": 60_000,
}
_FLUSH_SECONDS = 90


def send(records: pd.DataFrame, topic: str, bootstrap: str) -> None:
    """Sends records in their order; columns ``key``, ``payload`` and ``sent_at``, which becomes the record's time.

    Raises:
        DataError: the brokers did not take all of them.
    """
    failed: list[str] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error.str())

    producer = Producer({**SETTINGS, "bootstrap.servers": bootstrap, "error_cb": lambda error: None})
    times = records["sent_at"].astype("int64") // 1_000_000
    try:
        for key, payload, time in zip(records["key"], records["payload"], times, strict=True):
            while True:
                try:
                    producer.produce(topic, value=payload, key=key, timestamp=int(time), on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(1)
        left = producer.flush(_FLUSH_SECONDS)
    except KafkaException as error:
        raise DataError("--bootstrap", f"brokers that take records of {topic}", bootstrap, str(error)) from error
    if failed or left:
        reason = failed[0] if failed else "no answer"
        remedy = f"{len(failed) + left} of {len(records)} records were not taken: {reason}"
        raise DataError("--bootstrap", f"brokers that take records of {topic}", bootstrap, remedy)
