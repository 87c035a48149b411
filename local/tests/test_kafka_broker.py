"""Topics on a real broker: what CloudFormation deploys exists there, and what the broker says is what is read back."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any, ClassVar

import pytest

from emulator.kafka_broker import _DESCRIBE_CONFIGS, _METADATA, BrokerError, KafkaBroker
from readback.report import read_back
from tests.kafka_resources import alone, configs, topic
from tests.support import REGION, Endpoint

pytestmark = pytest.mark.kafka


def test_topics_are_those_of_the_stack(broker: KafkaBroker, tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path / "endpoint", more={"kafkaBootstrap": broker.bootstrap})
    try:
        template = alone()
        template["Resources"]["Durable"] = topic("durable", Configs=configs(min_insync_replicas="2"))
        assert endpoint.deploy("kafka", template) == "CREATE_COMPLETE", endpoint.why("kafka")
        assert broker.partitions_of("departures") == 6
        assert broker.configs_of("departures") == {"retention.ms": "86400000", "cleanup.policy": "delete"}
        # one broker holds one replica, and a writer that waits for two would wait for ever
        assert broker.configs_of("durable") == {"min.insync.replicas": "1"}
        assert read_back(endpoint.url, "kafka", REGION).mismatches == []
        kafka = endpoint.client("kafka")
        arn = kafka.list_clusters_v2()["ClusterInfoList"][0]["ClusterArn"]
        told = kafka.get_bootstrap_brokers(ClusterArn=arn)
        # no sign-in by IAM is promised that the broker would not ask for
        assert {name: told[name] for name in told if name.startswith("Bootstrap")} == {
            "BootstrapBrokerString": broker.bootstrap
        }

        departures = template["Resources"]["Departures"]["Properties"]
        departures.update(PartitionCount=9, Configs=configs(cleanup_policy="compact"))
        assert endpoint.deploy("kafka", template) == "UPDATE_COMPLETE", endpoint.why("kafka")
        assert broker.partitions_of("departures") == 9
        assert broker.configs_of("departures") == {"cleanup.policy": "compact"}

        departures["Configs"] = configs(cleanup_policy="shred")
        assert endpoint.deploy("kafka", template) == "UPDATE_ROLLBACK_COMPLETE"
        assert "Invalid value shred for configuration cleanup.policy" in endpoint.why("kafka")
        assert broker.configs_of("departures") == {"cleanup.policy": "compact"}

        broker.configure_topic("departures", {"retention.ms": "1"})
        broker.grow_topic("departures", 12)
        found = {(item.logical_id, item.property) for item in read_back(endpoint.url, "kafka", REGION).mismatches}
        assert found == {("Departures", "Configs"), ("Departures", "PartitionCount")}

        endpoint.destroy("kafka")
        with pytest.raises(BrokerError, match="error 3"):
            broker.partitions_of("departures")
    finally:
        endpoint.stop()


class Late(KafkaBroker):
    """A broker that is slow to hear of what its controller decided: twice it says what it said before."""

    said: ClassVar[dict[bytes, tuple[Any, int]]] = {}

    def _ask(self, api: int, version: int, body: bytes) -> Any:
        answer = super()._ask(api, version, body)
        if api not in (_METADATA, _DESCRIBE_CONFIGS):
            return answer
        before, turns = self.said.get(body, (answer, 0))
        self.said[body] = (before, turns + 1) if turns < 2 else (answer, 0)
        return copy(before)


def test_what_is_asked_for_is_done_when_the_broker_says_so(broker: KafkaBroker) -> None:
    late = Late(broker.bootstrap)
    with pytest.raises(BrokerError, match="error 3"):
        late.partitions_of("late")
    late.create_topic("late", 2, {"retention.ms": "1000"})
    assert late.partitions_of("late") == 2
    assert late.configs_of("late") == {"retention.ms": "1000"}
    late.grow_topic("late", 3)
    assert late.partitions_of("late") == 3
    late.configure_topic("late", {"cleanup.policy": "compact"})
    assert late.configs_of("late") == {"cleanup.policy": "compact"}
    # the broker has a form of its own for a number
    late.configure_topic("late", {"min.cleanable.dirty.ratio": "0.50"})
    assert late.configs_of("late") == {"min.cleanable.dirty.ratio": "0.5"}
    late.delete_topic("late")
    with pytest.raises(BrokerError, match="error 3"):
        late.partitions_of("late")
