"""AWS Systems Manager parameters, Secrets Manager and Amazon ECR."""

from __future__ import annotations

from readback.aws import Aws
from readback.model import Live, Resource
from readback.readers.common import capitalized, first, found, present, reader


@reader("AWS::SSM::Parameter")
def parameter(aws: Aws, resource: Resource) -> Live | None:
    """GetParameter, DescribeParameters, ListTagsForResource."""
    ssm, name = aws.client("ssm"), resource.physical_id
    answer = found(lambda: ssm.get_parameter(Name=name))
    if answer is None:
        return None
    live = answer["Parameter"]
    filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    described = first(ssm.describe_parameters(ParameterFilters=filters)["Parameters"]) or {}
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    members = present(
        Name=live["Name"],
        Type=live["Type"],
        Value=live["Value"],
        DataType=live.get("DataType"),
        Description=described.get("Description"),
        AllowedPattern=described.get("AllowedPattern"),
        Tier=described.get("Tier"),
        Tags=tags,
    )
    return Live(members, {"Type": live["Type"], "Value": live["Value"]})


@reader("AWS::SecretsManager::Secret")
def secret(aws: Aws, resource: Resource) -> Live | None:
    """DescribeSecret; the value itself is never read."""
    live = found(lambda: aws.client("secretsmanager").describe_secret(SecretId=resource.physical_id))
    if live is None:
        return None
    names = ("Name", "Description", "KmsKeyId", "Tags")
    return Live(present(**{name: live.get(name) for name in names}), {"Id": live["ARN"]})


@reader("AWS::ECR::Repository")
def repository(aws: Aws, resource: Resource) -> Live | None:
    """DescribeRepositories, GetLifecyclePolicy, GetRepositoryPolicy, ListTagsForResource."""
    ecr, name = aws.client("ecr"), resource.physical_id
    answer = found(lambda: ecr.describe_repositories(repositoryNames=[name]))
    live = first((answer or {}).get("repositories"))
    if live is None:
        return None
    lifecycle = found(lambda: ecr.get_lifecycle_policy(repositoryName=name)) or {}
    policy = found(lambda: ecr.get_repository_policy(repositoryName=name)) or {}
    members = present(
        RepositoryName=live["repositoryName"],
        ImageTagMutability=live.get("imageTagMutability"),
        ImageScanningConfiguration=capitalized(live.get("imageScanningConfiguration")),
        EncryptionConfiguration=capitalized(live.get("encryptionConfiguration")),
        LifecyclePolicy=present(LifecyclePolicyText=lifecycle.get("lifecyclePolicyText")),
        RepositoryPolicyText=policy.get("policyText"),
        Tags=ecr.list_tags_for_resource(resourceArn=live["repositoryArn"]).get("tags"),
    )
    return Live(members, {"Arn": live["repositoryArn"], "RepositoryUri": live["repositoryUri"]})
