import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { VolumeGrowth } from './broker-kind';

/**
 * Lets the volumes of a cluster grow by themselves. They never shrink, so nothing scales in.
 *
 * The two resources go when the cluster leaves its stack, and with them the growth of a cluster that is kept: an alarm that
 * Application Auto Scaling made would else outlive it.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
 */
export function letVolumesGrow(scope: Construct, clusterArn: string, { mostGib, percent }: VolumeGrowth): void {
  const target = new scaling.ScalableTarget(scope, 'StorageTarget', {
    serviceNamespace: scaling.ServiceNamespace.KAFKA,
    scalableDimension: 'kafka:broker-storage:VolumeSize',
    resourceId: clusterArn,
    minCapacity: 1,
    maxCapacity: mostGib,
    role: iam.Role.fromRoleArn(scope, 'StorageRole', serviceRole(scope), { mutable: false }),
  });
  target.scaleToTrackMetric('Growth', {
    predefinedMetric: scaling.PredefinedMetric.KAFKA_BROKER_STORAGE_UTILIZATION,
    targetValue: percent,
    disableScaleIn: true,
  });
}

/**
 * The role that Application Auto Scaling has in every account, and makes with the first target. Without a role the construct
 * of the CDK would make one that nothing uses.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
 */
function serviceRole(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName:
      'aws-service-role/kafka.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_KafkaCluster',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
