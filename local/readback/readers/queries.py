"""Amazon Athena."""

from __future__ import annotations

from readback.aws import Aws
from readback.model import Live, Resource
from readback.readers.common import found, present, reader


@reader("AWS::Athena::WorkGroup")
def work_group(aws: Aws, resource: Resource) -> Live | None:
    """GetWorkGroup, ListTagsForResource. How a workgroup is deleted is no property of it and no API returns it."""
    athena, name = aws.client("athena"), resource.physical_id
    answer = found(lambda: athena.get_work_group(WorkGroup=name))
    if answer is None:
        return None
    live = answer["WorkGroup"]
    arn = f"arn:aws:athena:{aws.region}:{aws.account_id()}:workgroup/{name}"
    members = present(
        Name=live["Name"],
        Description=live.get("Description"),
        State=live.get("State"),
        WorkGroupConfiguration=live.get("Configuration"),
        Tags=athena.list_tags_for_resource(ResourceARN=arn).get("Tags"),
    )
    return Live(members)


@reader("AWS::Athena::NamedQuery")
def named_query(aws: Aws, resource: Resource) -> Live | None:
    """GetNamedQuery."""
    athena, identifier = aws.client("athena"), resource.physical_id
    answer = found(lambda: athena.get_named_query(NamedQueryId=identifier))
    if answer is None:
        return None
    live = answer["NamedQuery"]
    names = ("Name", "Description", "Database", "QueryString", "WorkGroup")
    return Live(present(**{name: live.get(name) for name in names}), {"NamedQueryId": live["NamedQueryId"]})
