"""One module per AWS service; each type listed here takes the place of the endpoint's own handler, or adds one."""

from __future__ import annotations

from emulator.provisioner import Provisioner
from emulator.provisioners import (
    application_scaling,
    athena,
    bucket_deployment,
    budgets,
    cloudformation,
    cloudwatch,
    ec2,
    emr,
    emr_serverless,
    functions,
    glue,
    iam,
    kafka,
    logs,
    mwaa,
    s3,
    scheduler,
    schema_registry,
    sns,
)
from emulator.provisioners import stepfunctions as states


def all_provisioners() -> list[Provisioner]:
    """An instance of each, for the registry."""
    return [
        ec2.ElasticIp(),
        ec2.NatGateway(),
        ec2.FlowLog(),
        ec2.SecurityGroupIngress(),
        ec2.SecurityGroupEgress(),
        s3.Bucket(),
        glue.Database(),
        glue.GlueTable(),
        glue.TableOptimizer(),
        emr.Cluster(),
        emr.SecurityConfiguration(),
        kafka.Cluster(),
        kafka.Configuration(),
        kafka.Topic(),
        application_scaling.ScalableTarget(),
        application_scaling.ScalingPolicy(),
        schema_registry.Registry(),
        schema_registry.Schema(),
        schema_registry.SchemaVersion(),
        mwaa.Environment(),
        bucket_deployment.BucketDeployment(),
        sns.Topic(),
        cloudwatch.MetricAlarm(),
        cloudwatch.CompositeAlarm(),
        cloudwatch.Dashboard(),
        logs.QueryDefinition(),
        athena.WorkGroup(),
        athena.NamedQuery(),
        budgets.Budget(),
        cloudformation.NestedStack(),
        iam.Role(),
        iam.InstanceProfile(),
        states.StateMachine(),
        emr_serverless.Application(),
        functions.Function(),
        scheduler.Schedule(),
    ]
