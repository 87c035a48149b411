import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
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
  });
  target.scaleToTrackMetric('Growth', {
    predefinedMetric: scaling.PredefinedMetric.KAFKA_BROKER_STORAGE_UTILIZATION,
    targetValue: percent,
    disableScaleIn: true,
  });
}
