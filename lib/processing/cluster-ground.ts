import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as emr from 'aws-cdk-lib/aws-emr';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Names, Tags } from 'aws-cdk-lib/core';
import type { Construct, IDependable } from 'constructs';
import { keyProblems } from '../foundation';
import { failAll, problem } from '../private';
import { ArtifactPrefix } from '../storage';
import { renderConfiguration } from './cluster-configuration';
import type { SparkClusterOptions } from './cluster-options';
import { ClusterRoles, EMR_TAG } from './cluster-roles';
import { ClusterSecurityGroups, acknowledgeClusterFindings, securityConfigurationOf } from './cluster-security';
import { clusterSubnets } from './cluster-subnets';
import { EmrRelease } from './emr-release';
import { settingProblems } from './spark-settings';

/** What a cluster stands on, whether CloudFormation or a state machine starts it. */
export interface ClusterGround {
  readonly name: string;
  readonly release: EmrRelease;
  readonly subnets: ec2.ISubnet[];
  readonly groups: ClusterSecurityGroups;
  readonly roles: ClusterRoles;
  readonly security: emr.CfnSecurityConfiguration;
  /** What must be there before a cluster starts: EMR adds rules that its groups lack, and looks for a way out. */
  readonly before: IDependable[];
}

/** Makes the groups, roles and security configuration of a cluster, and answers what the rules say of them. */
export function layGround(scope: Construct, options: SparkClusterOptions, encryptionKey: kms.IKey): ClusterGround {
  const { storage, transitCertificates } = options;
  const problems = [...settingProblems('sparkDefaults', options.sparkDefaults), ...keyProblems(scope, encryptionKey)];
  failAll(`cluster '${scope.node.path}'`, problems.map(problem));
  const { subnets, internetConnectivityEstablished } = clusterSubnets(scope, options);
  const groups = new ClusterSecurityGroups(scope, 'SecurityGroups', options.vpc);
  const roles = new ClusterRoles(scope, 'Roles', { storage, encryptionKey, subnets, groups });
  const security = new emr.CfnSecurityConfiguration(scope, 'Security', {
    securityConfiguration: securityConfigurationOf(encryptionKey, transitCertificates),
  });
  transitCertificates?.bucket.grantRead(roles.instance, transitCertificates.objectKey);
  Tags.of(scope).add(EMR_TAG, 'true');
  return {
    name: Names.uniqueResourceName(scope, { maxLength: 64, separator: '-' }),
    release: options.release ?? EmrRelease.EMR_7_14_0,
    subnets,
    groups,
    roles,
    security,
    before: [groups, internetConnectivityEstablished],
  };
}

/** What makes one kind of cluster different from another. */
export interface ClusterShape {
  readonly fleets: emr.CfnCluster.JobFlowInstancesConfigProperty;
  readonly scaling: emr.CfnCluster.ManagedScalingPolicyProperty;
  readonly stands: boolean;
  readonly terminationProtection: boolean;
  readonly stepConcurrency: number;
}

/** A cluster as CloudFormation takes it, its instances spelled out. */
export type ClusterProps = emr.CfnClusterProps & { instances: emr.CfnCluster.JobFlowInstancesConfigProperty };

/** All that a cluster is made from. */
export function renderCluster(
  ground: ClusterGround,
  { storage, sparkDefaults }: SparkClusterOptions,
  shape: ClusterShape,
): ClusterProps {
  const { release, roles, groups } = ground;
  const artifacts = storage.artifacts.bucketName;
  return {
    name: ground.name,
    releaseLabel: release.label,
    applications: [{ name: 'Spark' }],
    serviceRole: roles.service.roleName,
    jobFlowRole: roles.profile.instanceProfileName,
    logUri: `s3://${artifacts}/${ArtifactPrefix.LOGS}emr/`,
    securityConfiguration: ground.security.ref,
    configurations: renderConfiguration({
      release,
      warehouse: `s3://${artifacts}/${ArtifactPrefix.WAREHOUSE}`,
      sparkDefaults: sparkDefaults ?? {},
    }),
    instances: {
      ...shape.fleets,
      ec2SubnetIds: ground.subnets.map((subnet) => subnet.subnetId),
      emrManagedMasterSecurityGroup: groups.primary.securityGroupId,
      emrManagedSlaveSecurityGroup: groups.worker.securityGroupId,
      serviceAccessSecurityGroup: groups.serviceAccess.securityGroupId,
      keepJobFlowAliveWhenNoSteps: shape.stands,
      terminationProtected: shape.terminationProtection,
      unhealthyNodeReplacement: true,
    },
    managedScalingPolicy: shape.scaling,
    scaleDownBehavior: 'TERMINATE_AT_TASK_COMPLETION',
    stepConcurrencyLevel: shape.stepConcurrency,
  };
}

/** A cluster that CloudFormation starts, and that stands until it is removed. */
export function standingCluster(
  scope: Construct,
  { ground, options, shape }: { ground: ClusterGround; options: SparkClusterOptions; shape: ClusterShape },
): emr.CfnCluster {
  const cluster = new emr.CfnCluster(scope, 'Resource', renderCluster(ground, options, shape));
  cluster.node.addDependency(...ground.before);
  acknowledgeClusterFindings(scope, options.transitCertificates !== undefined);
  return cluster;
}
