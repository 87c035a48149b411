"""Amazon SNS: the topic attributes the endpoint's CloudFormation drops (encryption key, signature, tracing)."""

from __future__ import annotations

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Completed

_ATTRIBUTES = {
    "KmsMasterKeyId": "KmsMasterKeyId",
    "SignatureVersion": "SignatureVersion",
    "TracingConfig": "TracingConfig",
    "ContentBasedDeduplication": "ContentBasedDeduplication",
    "DataProtectionPolicy": "DataProtectionPolicy",
    "ArchivePolicy": "ArchivePolicy",
    "FifoTopic": "FifoTopic",
}


class Topic(Completed):
    """`AWS::SNS::Topic`."""

    resource_type = "AWS::SNS::Topic"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Set what the template declares; empty what it no longer does."""
        for name, attribute in _ATTRIBUTES.items():
            if name in properties or name in old:
                value = aws.text(properties[name]) if name in properties else ""
                aws.client("sns").set_topic_attributes(
                    TopicArn=physical_id, AttributeName=attribute, AttributeValue=value
                )
