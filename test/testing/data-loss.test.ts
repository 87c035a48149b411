import type { Json, Members } from '../../lib/testing/json';
import { STATEFUL_TYPES } from '../../lib/testing/stateful-types';
import { lossTypes } from '../../lib/testing/data-loss';
import { type Resources, changed, found } from './templates';

/** Properties with one value, at a path of names joined by dots. */
function only(property: string, value: Json | undefined): Members {
  const [name = '', ...rest] = property.split('.');
  return value === undefined ? {} : { [name]: rest.length === 0 ? value : only(rest.join('.'), value) };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const topic = (configs: { [name: string]: string }): Members => ({ Configs: base64(JSON.stringify(configs)) });

const marks = (age: string) => ({ 'delete.retention.ms': age });

const policy = (value: string) => ({ 'cleanup.policy': value });

const lines = (hours: number): Members => ({
  ServerProperties: `auto.create.topics.enable=false\nlog.retention.hours = ${hours}\n`,
});

const encoded = (hours: number): Members => ({ ServerProperties: base64(`log.retention.hours=${hours}`) });

const rules = (...all: Members[]): Members => ({
  LifecycleConfiguration: { Rules: all.map((rule) => Object.assign({ Status: 'Enabled' }, rule)) },
});

/** A bucket that keeps so many of the newest old versions. */
const newest = (NewerNoncurrentVersions?: number): Members =>
  rules({ NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions } });

/** A bucket that keeps objects and old versions until an age. */
const until = (ExpirationInDays: Json, more: Members = {}): Members =>
  rules({ ExpirationInDays, NoncurrentVersionExpiration: { NoncurrentDays: ExpirationInDays }, ...more });

/** A rule for what begins with a prefix. */
const below = (Prefix: string, days = 30): Members => ({ Prefix, ExpirationInDays: days });

const inBucket = (before: Members, after: Members): string[] => changed('AWS::S3::Bucket', before, after);

const iceberg = 'OpenTableFormatInput.IcebergInput';

const table = (fields: Members[], more: Members = {}): Members => ({
  OpenTableFormatInput: {
    IcebergInput: { Version: '2', IcebergTableInput: { Location: 's3://a/t', Schema: { Fields: fields } }, ...more },
  },
});

const id = (more: Members = {}): Members => ({ Id: 1, Name: 'id', Type: 'long', Required: false, ...more });

const inTable = (before: Members, after: Members): string[] => changed('AWS::Glue::Table', before, after);

const struct = (...fields: Members[]): Members =>
  id({ Type: JSON.stringify({ type: 'list', 'element-id': 2, element: { type: 'struct', fields } }) });

const map = (value: string): Members =>
  id({ Type: JSON.stringify({ type: 'map', 'key-id': 2, key: 'string', 'value-id': 3, value }) });

const hive = (columns: Members[], place = 's3://a'): Members => ({
  TableInput: { StorageDescriptor: { Location: place, Columns: columns } },
});

/** A topic that keeps messages for so many days, on a cluster with such a configuration. */
function onCluster(days: number | undefined, ServerProperties: string | undefined): Resources {
  const ConfigurationInfo = { Arn: { 'Fn::GetAtt': ['Configuration', 'Arn'] } };
  const isSaid = ServerProperties !== undefined;
  return {
    It: {
      Type: 'AWS::MSK::Topic',
      Properties: {
        ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
        ...topic(days === undefined ? {} : { 'retention.ms': String(days * 86_400_000) }),
      },
    },
    Cluster: { Type: 'AWS::MSK::Cluster', Properties: isSaid ? { ConfigurationInfo } : {} },
    ...(isSaid ? { Configuration: { Type: 'AWS::MSK::Configuration', Properties: { ServerProperties } } } : {}),
  };
}

const inTopic = (before: { [name: string]: string }, after: { [name: string]: string }): string[] =>
  changed('AWS::MSK::Topic', topic(before), topic(after));

const lostField = (name: string): string[] => [`DATA_LOST ${iceberg}.IcebergTableInput.Schema.Fields.${name}`];

describe('a change in place that loses data', () => {
  test('is looked for in stateful types only, all of which are', () => {
    expect(lossTypes().filter((type) => STATEFUL_TYPES[type] === undefined)).toEqual([]);
  });

  // type, property, what it was, what it becomes: a loss; the other way round it is none
  test.each<[string, string, Json | undefined, Json | undefined]>([
    ['AWS::Athena::WorkGroup', 'RecursiveDeleteOption', false, true],
    ['AWS::Cognito::UserPool', 'DeletionProtection', 'ACTIVE', 'INACTIVE'],
    ['AWS::DocDB::DBCluster', 'BackupRetentionPeriod', 7, 1],
    ['AWS::DynamoDB::GlobalTable', 'TimeToLiveSpecification.Enabled', false, true],
    ['AWS::DynamoDB::Table', 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', true, false],
    ['AWS::DynamoDB::Table', 'DeletionProtectionEnabled', true, undefined],
    ['AWS::EC2::Volume', 'Size', 100, 50],
    ['AWS::ECR::Repository', 'EmptyOnDelete', undefined, true],
    ['AWS::EFS::FileSystem', 'BackupPolicy.Status', 'ENABLED', 'DISABLED'],
    ['AWS::EMR::Cluster', 'Instances.TerminationProtected', true, false],
    ['AWS::Events::Archive', 'RetentionDays', undefined, 30],
    ['AWS::KMS::Key', 'EnableKeyRotation', true, false],
    ['AWS::KMS::Key', 'Enabled', true, false],
    ['AWS::KMS::Key', 'PendingWindowInDays', undefined, 7],
    ['AWS::Kinesis::Stream', 'RetentionPeriodHours', 48, undefined],
    ['AWS::Logs::LogGroup', 'RetentionInDays', 365, 30],
    ['AWS::Logs::LogGroup', 'RetentionInDays', undefined, 30],
    ['AWS::Logs::LogGroup', 'DeletionProtectionEnabled', true, false],
    ['AWS::MSK::Cluster', 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize', 1000, 500],
    ['AWS::MSK::Cluster', 'NumberOfBrokerNodes', 6, 3],
    ['AWS::MSK::Cluster', 'StorageMode', 'TIERED', 'LOCAL'],
    ['AWS::MSK::Topic', 'PartitionCount', 12, 6],
    ['AWS::RDS::DBInstance', 'DeletionProtection', true, false],
    ['AWS::RDS::DBInstance', 'DeleteAutomatedBackups', false, true],
    ['AWS::RDS::DBInstance', 'AllocatedStorage', '100', '50'],
    ['AWS::Redshift::Cluster', 'AutomatedSnapshotRetentionPeriod', 7, 0],
    ['AWS::S3::Bucket', 'VersioningConfiguration.Status', 'Enabled', 'Suspended'],
    ['AWS::S3::Bucket', 'ObjectLockConfiguration.Rule.DefaultRetention.Mode', 'COMPLIANCE', 'GOVERNANCE'],
    ['AWS::S3::Bucket', 'ObjectLockConfiguration.Rule.DefaultRetention.Days', 30, 10],
    ['AWS::SQS::Queue', 'MessageRetentionPeriod', undefined, 60],
    ['AWS::Timestream::Table', 'RetentionProperties.MagneticStoreRetentionPeriodInDays', 30, 10],
  ])('%s %s from %j to %j', (type, property, before, after) => {
    expect(changed(type, only(property, before), only(property, after))).toContain(`DATA_LOST ${property}`);
    expect(changed(type, only(property, after), only(property, before)).join()).not.toContain('DATA_LOST');
    expect(changed(type, only(property, before), only(property, before))).toEqual([]);
  });

  test('is found when the place of new tables changes', () => {
    expect(
      changed(
        'AWS::Glue::Database',
        only('DatabaseInput.LocationUri', 's3://a'),
        only('DatabaseInput.LocationUri', 's3://b'),
      ),
    ).toEqual(['DATA_LOST DatabaseInput.LocationUri']);
  });

  test('is not guessed at where a number is known only at deployment', () => {
    const size = 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize';
    expect(changed('AWS::MSK::Cluster', only(size, 100), only(size, { Ref: 'Size' }))).toEqual([]);
  });
});

describe('a topic of Kafka', () => {
  test('loses messages when it keeps them for a shorter time, or fewer', () => {
    expect(inTopic({ 'retention.ms': '1000' }, { 'retention.ms': '500' })).toEqual(['DATA_LOST Configs.retention.ms']);
    expect(inTopic({ 'retention.ms': '-1' }, { 'retention.ms': '500' })).toEqual(['DATA_LOST Configs.retention.ms']);
    expect(inTopic({}, { 'retention.bytes': '500' })).toEqual(['DATA_LOST Configs.retention.bytes']);
    expect(inTopic({ 'retention.ms': '500' }, { 'retention.ms': '-1' })).toEqual([]);
  });

  test('may lose messages when it no longer has its cluster say how long they are kept, or has it say so', () => {
    expect(inTopic({}, { 'retention.ms': '500' })).toEqual(['DATA_LOST Configs.retention.ms']);
    expect(inTopic({ 'retention.ms': '-1' }, {})).toEqual(['DATA_LOST Configs.retention.ms']);
    expect(inTopic({ 'retention.ms': '500' }, {})).toEqual(['DATA_LOST Configs.retention.ms']);
    expect(inTopic({}, { 'retention.ms': '-1' })).toEqual([]);
  });

  test.each<[string, string | undefined]>([
    ['nothing, which is seven days', undefined],
    ['milliseconds', 'log.retention.ms=604800000\nlog.retention.hours=1'],
    ['hours', 'log.retention.hours=168'],
  ])('is compared with what its cluster says: %s', (_, said) => {
    const lost = ['DATA_LOST It Configs.retention.ms'];
    const topicOf = (days?: number): Resources => onCluster(days, said);
    expect(found(topicOf(), topicOf(1))).toEqual(lost);
    expect(found(topicOf(30), topicOf())).toEqual(lost);
    expect(found(topicOf(), topicOf(30))).toEqual([]);
    expect(found(topicOf(1), topicOf())).toEqual([]);
  });

  test('loses marks of deletion when it keeps them for a shorter time than it said', () => {
    expect(inTopic(marks('1000'), marks('500'))).toEqual(['DATA_LOST Configs.delete.retention.ms']);
    expect(inTopic(marks('500'), marks('1000'))).toEqual([]);
    expect(inTopic({}, marks('500'))).toEqual([]);
  });

  test('loses messages when it deletes or compacts what it did not', () => {
    expect(inTopic(policy('compact'), policy('delete'))).toEqual(['DATA_LOST Configs.cleanup.policy']);
    expect(inTopic({}, policy('compact,delete'))).toEqual(['DATA_LOST Configs.cleanup.policy']);
    expect(inTopic(policy('compact,delete'), policy('delete'))).toEqual([]);
  });

  test('loses messages when the cheaper tier is taken away, and none when fewer of them are on the volumes', () => {
    const tiered = { 'local.retention.ms': '1000', 'remote.storage.enable': 'true' };
    expect(inTopic(tiered, { ...tiered, 'local.retention.ms': '500' })).toEqual([]);
    expect(inTopic(tiered, { 'remote.storage.enable': 'false' })).toEqual(['DATA_LOST Configs.remote.storage.enable']);
    expect(inTopic({}, tiered)).toEqual([]);
  });

  test('may get its retention from the cluster', () => {
    expect(changed('AWS::MSK::Configuration', lines(168), lines(24))).toEqual([
      'DATA_LOST ServerProperties.log.retention.hours',
    ]);
    expect(changed('AWS::MSK::Configuration', encoded(168), encoded(24))).toHaveLength(1);
    expect(changed('AWS::MSK::Configuration', encoded(24), encoded(168))).toEqual([]);
    const inDefault = { ServerProperties: 'delete.topic.enable=true' };
    expect(changed('AWS::MSK::Configuration', inDefault, lines(24))).toHaveLength(1);
    expect(changed('AWS::MSK::Configuration', lines(168), inDefault)).toEqual([]);
  });
});

describe('a lifecycle rule of a bucket', () => {
  const lost = ['DATA_LOST LifecycleConfiguration.Rules'];

  test('loses objects when it deletes what was kept', () => {
    expect(inBucket({}, rules({ ExpirationInDays: 30 }))).toEqual(lost);
    expect(inBucket({}, rules({ ExpirationDate: '2030-01-01' }))).toEqual(lost);
    expect(inBucket({}, rules({ Status: 'Disabled', ExpirationInDays: 30 }))).toEqual([]);
    expect(inBucket(rules({ Status: 'Disabled', ExpirationInDays: 30 }), rules({ ExpirationInDays: 30 }))).toEqual(
      lost,
    );
    expect(inBucket({}, rules({ Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 90 }] }))).toEqual([]);
  });

  test('loses objects when it deletes them earlier', () => {
    expect(inBucket(rules({ ExpirationInDays: 30 }), rules({ ExpirationInDays: 10 }))).toEqual(lost);
    expect(inBucket(rules({ ExpirationInDays: 10 }), rules({ ExpirationInDays: 30 }))).toEqual([]);
    const versions = (days: number): Members => rules({ NoncurrentVersionExpiration: { NoncurrentDays: days } });
    expect(inBucket(versions(30), versions(7))).toEqual(lost);
    expect(inBucket(rules(), versions(7))).toEqual(lost);
    expect(inBucket(versions(7), versions(30))).toEqual([]);
  });

  test('loses old versions when it keeps fewer of the newest, whatever their age', () => {
    expect(inBucket(newest(100), newest())).toEqual(lost);
    expect(inBucket(newest(100), newest(5))).toEqual(lost);
    expect(inBucket(newest(5), newest(100))).toEqual([]);
    expect(inBucket(newest(), newest(100))).toEqual([]);
  });

  test('loses nothing when an age that only the deployment knows is the same', () => {
    const mapped = { 'Fn::FindInMap': ['Ages', 'prod', 'days'] };
    expect(inBucket(until({ Ref: 'Age' }), until({ Ref: 'Age' }))).toEqual([]);
    expect(inBucket(until(mapped), until(mapped, { Prefix: 'logs/' }))).toEqual([]);
    expect(inBucket(until({ Ref: 'Age' }), until({ Ref: 'Other' }))).toEqual([...lost, ...lost]);
    expect(inBucket(until(30), until({ Ref: 'Age' }))).toEqual([...lost, ...lost]);
  });

  test('loses nothing when it is split by prefix', () => {
    expect(inBucket(rules(below('logs/')), rules(below('logs/a/'), below('logs/b/')))).toEqual([]);
    expect(inBucket(rules(below('logs/')), rules(below('logs/a/', 10), below('logs/b/')))).toEqual(lost);
    expect(inBucket(rules(below('logs/a/'), below('logs/b/')), rules(below('logs/')))).toEqual(lost);
    const tagged = { ...below('logs/'), TagFilters: [{ Key: 'a', Value: 'b' }] };
    expect(inBucket(rules(tagged), rules(below('logs/a/')))).toEqual(lost);
    expect(inBucket(rules(below('logs/')), rules(tagged))).toEqual([]);
  });

  test('loses objects when it deletes more of them', () => {
    const logs = { Prefix: 'logs/', ExpirationInDays: 30 };
    expect(inBucket(rules(logs), rules({ ExpirationInDays: 30 }))).toEqual(lost);
    expect(inBucket(rules({ ExpirationInDays: 30 }), rules(logs))).toEqual([]);
    expect(inBucket(rules(logs), rules({ ...logs, Prefix: 'tables/' }))).toEqual(lost);
  });
});

describe('a table', () => {
  test('loses a column that is dropped, not one that is renamed or added', () => {
    expect(inTable(table([id(), { Id: 2, Name: 'a', Type: 'string' }]), table([id()]))).toEqual(lostField('a'));
    expect(inTable(table([id()]), table([id({ Name: 'key' })]))).toEqual([]);
    expect(inTable(table([id()]), table([id(), { Id: 2, Name: 'a', Type: 'string' }]))).toEqual([]);
    expect(inTable(table([id()]), table([id({ Id: 2 })]))).toEqual(lostField('id'));
  });

  test.each([
    ['long', 'int', true],
    ['int', 'long', false],
    ['double', 'float', true],
    ['float', 'double', false],
    ['decimal(10, 2)', 'decimal(8, 2)', true],
    ['decimal(10, 2)', 'decimal(12, 2)', false],
    ['decimal(10, 2)', 'decimal(12, 3)', true],
    ['decimal(10, 2)', 'decimal(10,2)', false],
    ['string', 'int', true],
  ])('with %s as %s: lost is %s', (before, after, isLost) => {
    expect(inTable(table([id({ Type: before })]), table([id({ Type: after })]))).toEqual(isLost ? lostField('id') : []);
  });

  test('loses fields in its columns too', () => {
    const a = { id: 3, name: 'a', type: 'long', required: false };
    const b = { id: 4, name: 'b', type: 'string', required: false };
    expect(inTable(table([struct(a, b)]), table([struct(a)]))).toEqual(lostField('id.element.b'));
    expect(inTable(table([struct(a)]), table([struct({ ...a, type: 'int' })]))).toEqual(lostField('id.element.a'));
    expect(inTable(table([struct(a)]), table([struct({ ...a, name: 'c' }, b)]))).toEqual([]);
    expect(inTable(table([map('long')]), table([map('int')]))).toEqual(lostField('id.value'));
  });

  test('loses rows when a column must have a value that it need not have', () => {
    expect(inTable(table([id()]), table([id({ Required: true })]))).toEqual(lostField('id'));
    expect(inTable(table([id({ Required: true })]), table([id()]))).toEqual([]);
  });

  test('loses rows when a column is added that must have a value', () => {
    const added = { Id: 9, Name: 'a', Type: 'string', Required: true };
    expect(inTable(table([id()]), table([id(), added]))).toEqual(lostField('a'));
    expect(inTable(table([]), table([id(), added]))).toEqual([]);
    const a = { id: 3, name: 'a', type: 'long', required: false };
    const b = { id: 4, name: 'b', type: 'string', required: true };
    expect(inTable(table([struct(a)]), table([struct(a, b)]))).toEqual(lostField('id.element.b'));
    const structure = { ...added, Type: JSON.stringify({ type: 'struct', fields: [b] }) };
    expect(inTable(table([id()]), table([id(), structure]))).toEqual(lostField('a'));
    expect(inTable(table([id()]), table([id(), { ...structure, Required: false }]))).toEqual([]);
  });

  test('loses its data at another place, and readers in another format', () => {
    const elsewhere = { IcebergTableInput: { Location: 's3://b/t', Schema: { Fields: [id()] } } };
    expect(inTable(table([id()]), table([id()], elsewhere))).toEqual([
      `DATA_LOST ${iceberg}.IcebergTableInput.Location`,
    ]);
    expect(inTable(table([id()]), table([id()], { Version: '3' }))).toEqual([`DATA_LOST ${iceberg}.Version`]);
  });

  test('that is none of Iceberg is looked at too', () => {
    const descriptor = 'DATA_LOST TableInput.StorageDescriptor';
    const columns = [{ Name: 'a', Type: 'bigint' }];
    expect(inTable(hive(columns), hive([]))).toEqual([`${descriptor}.Columns.a`]);
    expect(inTable(hive(columns), hive([{ Name: 'a', Type: 'int' }]))).toEqual([`${descriptor}.Columns.a`]);
    expect(inTable(hive(columns), hive(columns, 's3://b'))).toEqual([`${descriptor}.Location`]);
  });
});

/** A value that hangs on a condition. */
const when = (condition: Json, yes: Json, no: Json): Json => ({ 'Fn::If': [condition, yes, no] });

/** A group of logs that are kept for so many days. */
const kept = (days: Json): Members => ({ RetentionInDays: days });

/** A bucket with this versioning. */
const versioned = (value: Json): Members => ({ VersioningConfiguration: value });

describe('a value that hangs on a condition', () => {
  const big: Json = { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] };
  const nothing: Json = { Ref: 'AWS::NoValue' };
  const [enabled, suspended]: Json[] = [{ Status: 'Enabled' }, { Status: 'Suspended' }];
  const LOGS = ['DATA_LOST RetentionInDays'];
  const VERSIONS = ['DATA_LOST VersioningConfiguration.Status'];

  test.each<[string, string, Members, Members, string[]]>([
    ['is less where it is true', 'Logs::LogGroup', kept(when(big, 30, 7)), kept(when(big, 3, 7)), LOGS],
    ['is less where it is false', 'Logs::LogGroup', kept(when(big, 30, 7)), kept(when(big, 30, 3)), LOGS],
    ['is less in both', 'Logs::LogGroup', kept(when(big, 30, 30)), kept(when(big, 3, 3)), LOGS],
    ['is more', 'Logs::LogGroup', kept(when(big, 30, 7)), kept(when(big, 60, 7)), []],
    ['was without limit where it is false', 'Logs::LogGroup', kept(when(big, 7, nothing)), kept(7), LOGS],
    [
      'is the same by another condition',
      'Logs::LogGroup',
      kept(when(big, 9, 7)),
      kept(when({ 'Fn::Not': [big] }, 7, 9)),
      [],
    ],
    ['holds in part no longer', 'S3::Bucket', versioned(enabled), versioned(when(big, enabled, suspended)), VERSIONS],
    ['held in part', 'S3::Bucket', versioned(when(big, enabled, nothing)), versioned(suspended), VERSIONS],
    ['holds in both', 'S3::Bucket', versioned(enabled), versioned(when(big, enabled, { Status: 'Enabled' })), []],
    [
      'is one of a list',
      'S3::Bucket',
      { LifecycleConfiguration: { Rules: [when(big, { Status: 'Enabled', ExpirationInDays: 9 }, nothing)] } },
      { LifecycleConfiguration: { Rules: [when(big, { Status: 'Enabled', ExpirationInDays: 3 }, nothing)] } },
      ['DATA_LOST LifecycleConfiguration.Rules'],
    ],
    [
      'hangs on two together',
      'Logs::LogGroup',
      kept(when({ 'Fn::And': [big, { 'Fn::Or': ['Prod', 'Spare'] }] }, 30, 7)),
      kept(when('Prod', when(big, 30, 3), 7)),
      [...LOGS, ...LOGS],
    ],
  ])('is compared as it is with it and without: %s', (_, type, before, after, expected) => {
    expect(changed(`AWS::${type}`, before, after)).toEqual(expected);
    expect(changed(`AWS::${type}`, after, after)).toEqual([]);
  });
});
