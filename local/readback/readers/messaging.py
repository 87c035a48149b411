"""Amazon SNS, SQS, EventBridge and EventBridge Scheduler."""

from __future__ import annotations

from datetime import UTC

from readback.aws import Aws
from readback.model import ABSENT, Live, Resource
from readback.readers.common import first, found, present, reader


@reader("AWS::SNS::Topic")
def topic(aws: Aws, resource: Resource) -> Live | None:
    """GetTopicAttributes, ListTagsForResource."""
    sns, arn = aws.client("sns"), resource.physical_id
    answer = found(lambda: sns.get_topic_attributes(TopicArn=arn))
    if answer is None:
        return None
    live = answer["Attributes"]
    names = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "FifoTopic", "ArchivePolicy")
    members = present(
        TopicName=arn.rsplit(":", 1)[-1],
        Tags=sns.list_tags_for_resource(ResourceArn=arn)["Tags"],
        **{name: live.get(name) for name in names},
    )
    return Live(members, {"TopicArn": arn, "TopicName": members["TopicName"]})


@reader("AWS::SNS::TopicPolicy")
def topic_policy(aws: Aws, resource: Resource) -> Live | None:
    """The policy attribute of every topic the template names."""
    topics = resource.expected.get("Topics") or []
    sns = aws.client("sns")
    policies = [sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy") for arn in topics]
    own = [(arn, text) for arn, text in zip(topics, policies, strict=True) if text and "__default_" not in text]
    if not own:
        return None
    same = all(text == own[0][1] for _, text in own)
    return Live({"Topics": [arn for arn, _ in own], "PolicyDocument": own[0][1] if same else ABSENT})


@reader("AWS::SNS::Subscription")
def subscription(aws: Aws, resource: Resource) -> Live | None:
    """GetSubscriptionAttributes, ListSubscriptions."""
    arn = resource.physical_id
    listed = aws.pages("sns", "list_subscriptions", "Subscriptions")
    named = first(item for item in listed if item["SubscriptionArn"] == arn) or {}
    answer = found(lambda: aws.client("sns").get_subscription_attributes(SubscriptionArn=arn))
    if answer is None:
        return None
    live = {**answer["Attributes"], **named}
    names = ("TopicArn", "Protocol", "Endpoint", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy")
    raw = {"RawMessageDelivery": live.get("RawMessageDelivery", "false")}
    return Live({**present(**{name: live.get(name) for name in names}), **raw}, {"Arn": arn})


@reader("AWS::SQS::Queue")
def queue(aws: Aws, resource: Resource) -> Live | None:
    """GetQueueAttributes, ListQueueTags."""
    sqs, url = aws.client("sqs"), resource.physical_id
    answer = found(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]))
    if answer is None:
        return None
    live = dict(answer["Attributes"])
    arn = live.pop("QueueArn")
    name = arn.rsplit(":", 1)[-1]
    tags = sqs.list_queue_tags(QueueUrl=url).get("Tags") or {}
    members = {"QueueName": name, "MessageRetentionPeriod": live.pop("MessageRetentionPeriod", None), **live}
    members["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return Live(present(**members), {"Arn": arn, "QueueName": name, "QueueUrl": url})


@reader("AWS::SQS::QueuePolicy")
def queue_policy(aws: Aws, resource: Resource) -> Live | None:
    """The policy attribute of every queue the template names."""
    sqs, queues = aws.client("sqs"), resource.expected.get("Queues") or []
    policies = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")
        for url in queues
    }
    held = {url: text for url, text in policies.items() if text}
    if not held:
        return None
    texts = list(held.values())
    return Live({"Queues": list(held), "PolicyDocument": texts[0] if len(set(texts)) == 1 else ABSENT})


@reader("AWS::Scheduler::Schedule")
def schedule(aws: Aws, resource: Resource) -> Live | None:
    """GetSchedule."""
    scheduler, name = aws.client("scheduler"), resource.physical_id.split("|")[-1]
    group = resource.expected.get("GroupName") or "default"
    live = found(lambda: scheduler.get_schedule(Name=name, GroupName=group))
    if live is None:
        return None
    names = (
        *("Name", "GroupName", "Description", "ScheduleExpression", "ScheduleExpressionTimezone", "State"),
        *("FlexibleTimeWindow", "Target", "KmsKeyArn"),
    )
    times = {key: f"{live[key].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for key in ("StartDate", "EndDate") if key in live}
    return Live({**present(**{key: live.get(key) for key in names}), **times}, {"Arn": live["Arn"]})


@reader("AWS::Scheduler::ScheduleGroup")
def schedule_group(aws: Aws, resource: Resource) -> Live | None:
    """GetScheduleGroup, ListTagsForResource."""
    scheduler, name = aws.client("scheduler"), resource.physical_id
    live = found(lambda: scheduler.get_schedule_group(Name=name))
    if live is None:
        return None
    tags = scheduler.list_tags_for_resource(ResourceArn=live["Arn"]).get("Tags")
    return Live(present(Name=live["Name"], Tags=tags), {"Arn": live["Arn"], "State": live.get("State")})


@reader("AWS::Events::Rule")
def rule(aws: Aws, resource: Resource) -> Live | None:
    """DescribeRule, ListTargetsByRule, ListTagsForResource."""
    events = aws.client("events")
    bus = resource.expected.get("EventBusName") or "default"
    name = resource.physical_id.split("|")[-1]
    live = found(lambda: events.describe_rule(Name=name, EventBusName=bus))
    if live is None:
        return None
    names = ("Name", "Description", "State", "EventPattern", "ScheduleExpression", "RoleArn", "EventBusName")
    members = present(
        Targets=events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"],
        Tags=events.list_tags_for_resource(ResourceARN=live["Arn"])["Tags"],
        **{key: live.get(key) for key in names},
    )
    return Live(members, {"Arn": live["Arn"]})


@reader("AWS::CloudFormation::Stack")
def nested_stack(aws: Aws, resource: Resource) -> Live | None:
    """DescribeStacks."""
    answer = found(lambda: aws.client("cloudformation").describe_stacks(StackName=resource.physical_id))
    live = first((answer or {}).get("Stacks"))
    if live is None:
        return None
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in live.get("Parameters") or []}
    outputs = {f"Outputs.{item['OutputKey']}": item["OutputValue"] for item in live.get("Outputs") or []}
    return Live(present(Parameters=parameters, Tags=live.get("Tags")), outputs)
