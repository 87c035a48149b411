import { casesOf } from './conditional';
import { lifecycleLosses } from './data-loss-buckets';
import { shorterServerRetention, shorterTopicRetention } from './data-loss-kafka';
import { type Loss, type LossRule, type Others, becomes, changes, less, noLonger } from './data-loss-rules';
import { hiveLosses, icebergLosses } from './data-loss-tables';
import type { FlatResource } from './flat-template';

const DELETABLE = 'it can be deleted by mistake';
const NO_BACKUP = 'there is less to restore from';
const DELETED_EARLIER = 'what is older is deleted';
const LOCKED_SHORTER = 'new objects can be deleted earlier';
const NO_ROOM = 'what is stored does not fit, or the update fails';

const database: LossRule[] = [
  less('BackupRetentionPeriod', NO_BACKUP, 1),
  noLonger('DeletionProtection', true, DELETABLE),
  becomes('DeleteAutomatedBackups', true, 'its backups go with it'),
  less('AllocatedStorage', NO_ROOM, 0),
];

const table: LossRule[] = [
  noLonger('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', true, NO_BACKUP),
  noLonger('DeletionProtectionEnabled', true, DELETABLE),
  becomes('TimeToLiveSpecification.Enabled', true, 'items are deleted by their age'),
];

/** What CloudFormation changes in place and what then is lost, by type. Each rule says what is a loss. */
const RULES: { readonly [type: string]: LossRule[] } = {
  'AWS::Athena::WorkGroup': [becomes('RecursiveDeleteOption', true, 'its saved queries and history go with it')],
  'AWS::Cognito::UserPool': [noLonger('DeletionProtection', 'ACTIVE', DELETABLE)],
  'AWS::DocDB::DBCluster': database,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::EC2::Volume': [less('Size', NO_ROOM, 0)],
  'AWS::ECR::Repository': [
    changes('LifecyclePolicy', 'images may be deleted that were kept'),
    becomes('EmptyOnDelete', true, 'its images go with it'),
  ],
  'AWS::EFS::FileSystem': [noLonger('BackupPolicy.Status', 'ENABLED', NO_BACKUP)],
  'AWS::EMR::Cluster': [
    noLonger('Instances.TerminationProtected', true, DELETABLE),
    becomes('Instances.KeepJobFlowAliveWhenNoSteps', false, 'it ends with its last step'),
  ],
  'AWS::Events::Archive': [less('RetentionDays', DELETED_EARLIER)],
  'AWS::Glue::Database': [changes('DatabaseInput.LocationUri', 'new tables are written elsewhere')],
  'AWS::Glue::Table': [icebergLosses, hiveLosses],
  'AWS::KMS::Key': [
    noLonger('EnableKeyRotation', true, 'the same key material encrypts for ever'),
    becomes('Enabled', false, 'nothing that it encrypts can be read'),
    less('PendingWindowInDays', 'a deletion by mistake can be taken back for a shorter time', 30),
  ],
  'AWS::Kinesis::Stream': [less('RetentionPeriodHours', DELETED_EARLIER, 24)],
  'AWS::Logs::LogGroup': [
    less('RetentionInDays', DELETED_EARLIER),
    noLonger('DeletionProtectionEnabled', true, DELETABLE),
  ],
  'AWS::MSK::Cluster': [
    less('BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize', NO_ROOM, 0),
    less('NumberOfBrokerNodes', 'partitions on the brokers that go have fewer copies', 0),
    noLonger('StorageMode', 'TIERED', 'messages in the lower tier are deleted'),
  ],
  'AWS::MSK::Configuration': [shorterServerRetention],
  'AWS::MSK::Topic': [
    less('PartitionCount', 'Kafka refuses it, and keys would go to other partitions', 0),
    shorterTopicRetention,
  ],
  'AWS::Neptune::DBCluster': database,
  'AWS::RDS::DBCluster': database,
  'AWS::RDS::DBInstance': database,
  'AWS::Redshift::Cluster': [less('AutomatedSnapshotRetentionPeriod', NO_BACKUP, 1)],
  'AWS::S3::Bucket': [
    noLonger('VersioningConfiguration.Status', 'Enabled', 'what is overwritten or deleted is gone for good'),
    noLonger('ObjectLockConfiguration.Rule.DefaultRetention.Mode', 'COMPLIANCE', LOCKED_SHORTER),
    less('ObjectLockConfiguration.Rule.DefaultRetention.Days', LOCKED_SHORTER, 0),
    less('ObjectLockConfiguration.Rule.DefaultRetention.Years', LOCKED_SHORTER, 0),
    lifecycleLosses,
  ],
  'AWS::SQS::Queue': [less('MessageRetentionPeriod', DELETED_EARLIER, 345_600)],
  'AWS::Timestream::Table': [
    less('RetentionProperties.MemoryStoreRetentionPeriodInHours', DELETED_EARLIER, 0),
    less('RetentionProperties.MagneticStoreRetentionPeriodInDays', DELETED_EARLIER, 0),
  ],
};

/** What a change in place loses, in one case or other of its conditions. */
export function lossesOf(before: FlatResource, after: FlatResource, others: Others): Loss[] {
  const rules = RULES[before.type] ?? [];
  const losses = casesOf(before.properties, after.properties).flatMap((one) =>
    rules.flatMap((rule) => rule(one.before, one.after, others)),
  );
  // what two cases lose alike is told once
  return [...new Map(losses.map((loss) => [`${loss.property}\n${loss.reason}`, loss])).values()];
}

/** The types with rules. */
export function lossTypes(): string[] {
  return Object.keys(RULES);
}
