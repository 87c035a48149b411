"""Amazon CloudWatch: metric alarms (metric math too), composite alarms, and the tags of dashboards."""

from __future__ import annotations

from emulator import aws
from emulator.aws import Properties
from emulator.provisioner import Completed, Identity, Provisioned, Provisioner


class _Alarm(Provisioner):
    operation: str
    tag_shape = "list"

    def create(self, identity: Identity, properties: Properties) -> Provisioned:
        """Put the alarm under its own or CloudFormation's name."""
        return self._put(properties.get("AlarmName") or identity.physical_name(255), properties, {})

    def update(self, identity: Identity, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        """In place, the state kept; another name is another alarm."""
        return self._put(new.get("AlarmName") or physical_id, new, old)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """One that is gone is no error on AWS either."""
        aws.client("cloudwatch").delete_alarms(AlarmNames=[physical_id])

    def _put(self, name: str, properties: Properties, old: Properties) -> Provisioned:
        rest = {key: value for key, value in properties.items() if key != "Tags"}
        aws.call("cloudwatch", self.operation, rest, AlarmName=name)
        arn = aws.arn("cloudwatch", f"alarm:{name}")
        _retag(arn, properties, old)
        return name, {"Arn": arn}


class MetricAlarm(_Alarm):
    """`AWS::CloudWatch::Alarm`."""

    resource_type = "AWS::CloudWatch::Alarm"
    operation = "put_metric_alarm"


class CompositeAlarm(_Alarm):
    """`AWS::CloudWatch::CompositeAlarm`."""

    resource_type = "AWS::CloudWatch::CompositeAlarm"
    operation = "put_composite_alarm"


class Dashboard(Completed):
    """`AWS::CloudWatch::Dashboard`."""

    resource_type = "AWS::CloudWatch::Dashboard"
    tag_shape = "list"

    def complete(self, physical_id: str, properties: Properties, old: Properties) -> None:
        """Tag it."""
        _retag(aws.arn("cloudwatch", f"dashboard/{physical_id}", regional=False), properties, old)


def _retag(arn: str, new: Properties, old: Properties) -> None:
    tags = [tag for tag in aws.tag_list(new) if not tag["Key"].startswith("aws:")]
    gone = sorted({t["Key"] for t in aws.tag_list(old)} - {t["Key"] for t in aws.tag_list(new)})
    if gone:
        aws.client("cloudwatch").untag_resource(ResourceARN=arn, TagKeys=gone)
    if tags:
        aws.client("cloudwatch").tag_resource(ResourceARN=arn, Tags=tags)
