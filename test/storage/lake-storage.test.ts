import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Size, Token } from 'aws-cdk-lib/core';
import { Zone } from '../../lib/contracts';
import {
  LakeStorage,
  type LakeStorageProps,
  StorageTier,
  type TierTransition,
  type ZoneLifecycle,
} from '../../lib/storage';
import { resourcesIn, testStack } from '../support/stacks';

interface BucketProperties {
  readonly [property: string]: unknown;
  readonly LifecycleConfiguration: { Rules: Rule[] };
}

interface Rule {
  readonly [property: string]: unknown;
}

/** The properties of one bucket of a storage, found by its construct id. */
function bucketOf(id: string, props?: LakeStorageProps): BucketProperties {
  const stack = testStack();
  new LakeStorage(stack, 'Storage', props);
  const buckets = resourcesIn<BucketProperties>(stack, 'AWS::S3::Bucket');
  const [, bucket] = Object.entries(buckets).find(([name]) => name.startsWith(`Storage${id}`)) ?? [];
  return bucket?.Properties ?? { LifecycleConfiguration: { Rules: [] } };
}

function rulesOf(id: string, props?: LakeStorageProps): Rule[] {
  return bucketOf(id, props).LifecycleConfiguration.Rules;
}

function build(props: LakeStorageProps): LakeStorage {
  return new LakeStorage(testStack(), 'Storage', props);
}

function at(tier: StorageTier, days: number): TierTransition {
  return { tier, after: Duration.days(days) };
}

/** A storage whose silver files move at an age. */
const moving = (after: Duration): LakeStorageProps => ({
  silverLifecycle: { transitions: [{ tier: StorageTier.INTELLIGENT_TIERING, after }] },
});

describe('LakeStorage', () => {
  test('has a bucket per zone, one for artifacts and one for access logs', () => {
    const stack = testStack();
    const storage = new LakeStorage(stack, 'Storage');
    Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 7);
    const names = [...Zone.all().map((zone) => storage.bucket(zone)), storage.artifacts, storage.accessLogs];
    expect(new Set(names.map((bucket) => stack.resolve(bucket.bucketName).Ref)).size).toBe(7);
  });

  test.each(['Landing', 'Bronze', 'Silver', 'Gold', 'Archive', 'Artifacts'])(
    '%s is versioned, private, without ACLs, encrypted with the key and logged under its own prefix',
    (id) => {
      expect(bucketOf(id)).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: expect.anything() },
            },
          ],
        },
        LoggingConfiguration: { LogFilePrefix: `${id.toLowerCase()}/`, DestinationBucketName: expect.anything() },
      });
    },
  );

  test('refuses requests without TLS 1.2 on every bucket', () => {
    const stack = testStack();
    new LakeStorage(stack, 'Storage');
    const policies = Template.fromStack(stack).findResources('AWS::S3::BucketPolicy', {
      Properties: {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
            Match.objectLike({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
          ]),
        },
      },
    });
    expect(Object.keys(policies)).toHaveLength(7);
  });

  test('delivers access logs by bucket policy even when the app does not set the feature flag', () => {
    const logs = bucketOf('AccessLogs');
    expect(logs.AccessControl).toBeUndefined();
    const stack = testStack();
    new LakeStorage(stack, 'Storage');
    Template.fromStack(stack).hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 's3:PutObject',
            Principal: { Service: 'logging.s3.amazonaws.com' },
          }),
        ]),
      },
    });
  });

  test('encrypts the access logs with SSE-S3, the only way S3 delivers them', () => {
    expect(bucketOf('AccessLogs').BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    });
  });

  test.each(['Bronze', 'Silver', 'Gold'])('never expires or archives the live files of %s', (id) => {
    for (const rule of rulesOf(id)) {
      expect(rule.ExpirationInDays).toBeUndefined();
      expect(JSON.stringify(rule.Transitions)).not.toMatch(/"(GLACIER|DEEP_ARCHIVE)"/);
    }
  });

  test('moves raw extracts to Standard-IA and Glacier, and the archive on to Deep Archive', () => {
    expect(rulesOf('Landing')[0]?.Transitions).toEqual([
      { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
      { StorageClass: 'GLACIER', TransitionInDays: 90 },
    ]);
    expect(rulesOf('Archive')[0]?.Transitions).toEqual([
      { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
      { StorageClass: 'GLACIER', TransitionInDays: 90 },
      { StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 365 },
    ]);
  });

  test('moves bronze to Glacier Instant Retrieval and silver and gold to Intelligent-Tiering', () => {
    expect(rulesOf('Bronze')[0]?.Transitions).toEqual([
      { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
      { StorageClass: 'GLACIER_IR', TransitionInDays: 180 },
    ]);
    for (const id of ['Silver', 'Gold']) {
      expect(rulesOf(id)[0]?.Transitions).toEqual([{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 30 }]);
    }
  });

  test('removes old versions and the parts of unfinished uploads', () => {
    expect(rulesOf('Silver')[0]).toMatchObject({
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    });
  });

  test('removes what marks a deleted object when no version of it is left, of every bucket', () => {
    const stack = testStack();
    new LakeStorage(stack, 'Zones', { landingLifecycle: { transitions: [], expireAfter: Duration.days(30) } });
    const buckets = Object.values(resourcesIn<BucketProperties>(stack, 'AWS::S3::Bucket'));
    const rules = buckets.map(({ Properties }) => Properties.LifecycleConfiguration.Rules[0]);
    // S3 refuses both in one rule, and an age removes the marks as well
    const removing = rules.map((rule) => [rule?.ExpiredObjectDeleteMarker ?? rule?.ExpirationInDays, rule?.Prefix]);
    expect(removing).toEqual([90, 30, true, true, true, true, true].map((how) => [how, undefined]));
    expect(rulesOf('Artifacts')[0]).toMatchObject({ ExpiredObjectDeleteMarker: true });
  });

  test('takes the lifecycle of a zone and keeps the defaults of what it leaves out', () => {
    const silverLifecycle = { noncurrentExpireAfter: Duration.days(3), abortUploadsAfter: Duration.days(2) };
    expect(rulesOf('Silver', { silverLifecycle })[0]).toMatchObject({
      NoncurrentVersionExpiration: { NoncurrentDays: 3 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
      Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 30 }],
    });
  });

  test('expires access logs and cluster logs after the retention of logs', () => {
    expect(rulesOf('AccessLogs', { logRetention: Duration.days(400) })[0]).toMatchObject({ ExpirationInDays: 400 });
    expect(rulesOf('Artifacts')).toContainEqual(expect.objectContaining({ Prefix: 'logs/', ExpirationInDays: 90 }));
  });

  test('retains the buckets, which cannot be deleted once they hold anything, and the key unless it is told otherwise', () => {
    const stack = testStack();
    new LakeStorage(stack, 'Storage');
    const template = Template.fromStack(stack);
    const retained = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
    expect(Object.keys(template.findResources('AWS::S3::Bucket', retained))).toHaveLength(7);
    const key = { DeletionPolicy: 'RetainExceptOnCreate', Properties: { EnableKeyRotation: true } };
    expect(Object.keys(template.findResources('AWS::KMS::Key', key))).toHaveLength(1);

    const other = testStack('Other');
    new LakeStorage(other, 'Storage', { removalPolicy: RemovalPolicy.DESTROY });
    const deleted = Template.fromStack(other).findResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    expect(Object.keys(deleted)).toHaveLength(7);
  });

  test('publishes the requests of the zones it is told, and of no others', () => {
    expect(bucketOf('Landing').MetricsConfigurations).toBeUndefined();
    expect(bucketOf('Landing', { requestMetrics: [Zone.LANDING] }).MetricsConfigurations).toEqual([
      { Id: 'EntireBucket' },
    ]);
    expect(bucketOf('Silver', { requestMetrics: [Zone.LANDING] }).MetricsConfigurations).toBeUndefined();
    expect(build({}).measuredZones).toEqual([]);
    expect(build({ requestMetrics: [Zone.SILVER, Zone.LANDING] }).measuredZones).toEqual([Zone.LANDING, Zone.SILVER]);
  });

  test('uses a key of your own', () => {
    const stack = testStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Mine', 'arn:aws:kms:us-east-1:123456789012:key/mine');
    const storage = new LakeStorage(stack, 'Storage', { encryptionKey });
    expect(storage.encryptionKey).toBe(encryptionKey);
    Template.fromStack(stack).resourceCountIs('AWS::KMS::Key', 0);
  });

  test('puts no function and no custom resource into the template', () => {
    const stack = testStack();
    new LakeStorage(stack, 'Storage', { removalPolicy: RemovalPolicy.DESTROY });
    const types = Object.values(resourcesIn(stack)).map(({ Type }) => Type);
    expect(types.filter((type) => /Lambda|Custom/.test(type))).toEqual([]);
  });

  test('refers to buckets that exist', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Mine', 'mine');
    const storage = LakeStorage.fromLakeStorageAttributes(stack, 'Storage', {
      buckets: { silver: bucket },
      artifacts: bucket,
      accessLogs: bucket,
    });
    expect(storage.bucket(Zone.SILVER)).toBe(bucket);
    expect(storage.measuredZones).toEqual([]);
    expect(() => storage.bucket(Zone.GOLD)).toThrow(
      "'buckets.gold' must be the bucket of a zone that is used, got nothing; pass the bucket of the zone when the storage is imported (at Test/Storage)",
    );
  });
});

describe('lifecycle of a zone', () => {
  test.each([StorageTier.GLACIER_FLEXIBLE, StorageTier.DEEP_ARCHIVE])(
    'fails when a zone with tables is archived ($name)',
    (tier) => {
      for (const zone of ['bronze', 'silver', 'gold']) {
        expect(() => build({ [`${zone}Lifecycle`]: { transitions: [at(tier, 200)] } })).toThrow(
          `'${zone}Lifecycle.transitions[0].tier' must be a tier that is readable at once, because a table reads old files with every query and fails on an archived one, got "${tier.name}"`,
        );
      }
    },
  );

  test('fails when the files of tables expire', () => {
    expect(() => build({ goldLifecycle: { expireAfter: Duration.days(400) } })).toThrow(
      /'goldLifecycle.expireAfter' must be left out, because the age of a file does not say .* got "400 days"/,
    );
  });

  test('fails when objects move to Standard-IA before 30 days', () => {
    const at29 = { landingLifecycle: { transitions: [at(StorageTier.INFREQUENT_ACCESS, 29)] } };
    expect(() => build(at29)).toThrow(/must be at least 30 days for INFREQUENT_ACCESS, got "29 days"/);
    const at30 = { landingLifecycle: { transitions: [at(StorageTier.INFREQUENT_ACCESS, 30)] } };
    expect(rulesOf('Landing', at30)[0]?.Transitions).toEqual([{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }]);
  });

  test('fails when objects leave a tier before its minimum stay', () => {
    const transitions = [at(StorageTier.GLACIER_FLEXIBLE, 30), at(StorageTier.DEEP_ARCHIVE, 119)];
    expect(() => build({ archiveLifecycle: { transitions } })).toThrow(
      /'archiveLifecycle.transitions\[1\].after' must be at least 120 days, because GLACIER_FLEXIBLE is billed for 90 days/,
    );
  });

  test('fails when objects would move to a warmer tier', () => {
    const transitions = [at(StorageTier.DEEP_ARCHIVE, 30), at(StorageTier.INFREQUENT_ACCESS, 300)];
    expect(() => build({ archiveLifecycle: { transitions } })).toThrow(
      /transitions\[1\].tier' must be a colder tier than DEEP_ARCHIVE before it, got "INFREQUENT_ACCESS"/,
    );
  });

  test('fails when objects expire before they have paid for their last tier', () => {
    const lifecycle = { transitions: [at(StorageTier.INFREQUENT_ACCESS, 30)], expireAfter: Duration.days(59) };
    expect(() => build({ landingLifecycle: lifecycle })).toThrow(
      /'landingLifecycle.expireAfter' must be at least 60 days/,
    );
  });

  test('moves old versions, keeps the newest of them, and moves only objects of some sizes', () => {
    const bronzeLifecycle = {
      noncurrentTransitions: [at(StorageTier.INFREQUENT_ACCESS, 30), at(StorageTier.DEEP_ARCHIVE, 60)],
      noncurrentExpireAfter: Duration.days(240),
      noncurrentVersionsKept: 3,
      minimumObjectSize: Size.mebibytes(1),
      maximumObjectSize: Size.gibibytes(1),
    };
    expect(rulesOf('Bronze', { bronzeLifecycle })).toEqual([
      {
        Id: 'Zone',
        ExpiredObjectDeleteMarker: true,
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        NoncurrentVersionExpiration: { NoncurrentDays: 240, NewerNoncurrentVersions: 3 },
      },
      {
        Id: 'Moves',
        Status: 'Enabled',
        ObjectSizeGreaterThan: 1_048_575,
        ObjectSizeLessThan: 1_073_741_825,
        Transitions: [
          { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
          { StorageClass: 'GLACIER_IR', TransitionInDays: 180 },
        ],
        NoncurrentVersionTransitions: [
          { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
          { StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 60 },
        ],
      },
    ]);
  });

  test.each<[string, ZoneLifecycle, RegExp]>([
    [
      'old versions expire before they have paid for their last tier',
      { noncurrentTransitions: [at(StorageTier.GLACIER_FLEXIBLE, 1)] },
      /'silverLifecycle\.noncurrentExpireAfter' must be at least 91 days, .* got "30 days"/,
    ],
    [
      'old versions move before the minimum age of a tier',
      { noncurrentTransitions: [at(StorageTier.INFREQUENT_ACCESS, 5)], noncurrentExpireAfter: Duration.days(90) },
      /'silverLifecycle\.noncurrentTransitions\[0\]\.after' must be at least 30 days for INFREQUENT_ACCESS/,
    ],
    [
      'more old versions are kept than S3 can',
      { noncurrentVersionsKept: 101 },
      /'silverLifecycle\.noncurrentVersionsKept' must be a whole number from 1 to 100, got 101/,
    ],
    [
      'objects move that cost more where they go',
      { minimumObjectSize: Size.kibibytes(64) },
      /'silverLifecycle\.minimumObjectSize' must be at least 128 KiB, .* got "65536 bytes"/,
    ],
    [
      'no object can be of the size that moves',
      { minimumObjectSize: Size.mebibytes(2), maximumObjectSize: Size.mebibytes(1) },
      /'silverLifecycle\.maximumObjectSize' must be at least the smallest object that moves, got "1048576 bytes"/,
    ],
    [
      'sizes are given and nothing moves',
      { transitions: [], maximumObjectSize: Size.mebibytes(1) },
      /'silverLifecycle\.maximumObjectSize' must be left out where nothing moves/,
    ],
  ])('fails when %s', (_, silverLifecycle, message) => {
    expect(() => build({ silverLifecycle })).toThrow(message);
  });

  test.each<[string, Duration]>([
    ['"0 days"', Duration.days(0)],
    ['"1.5 days"', Duration.hours(36)],
    ['"hours known later"', Duration.hours(Token.asNumber({ Ref: 'Hours' }))],
  ])('fails when an age is no whole number of days: %s', (got, age) => {
    const must = `must be whole days, at least 1, got ${got}; S3 counts in days; use Duration.days`;
    expect(() =>
      build({
        logRetention: age,
        landingLifecycle: { expireAfter: age, noncurrentExpireAfter: age, abortUploadsAfter: age },
      }),
    ).toThrow(
      [
        "4 problems in storage 'Test/Storage':",
        `  - 'logRetention' ${must}`,
        `  - 'landingLifecycle.expireAfter' ${must}`,
        `  - 'landingLifecycle.noncurrentExpireAfter' ${must}`,
        `  - 'landingLifecycle.abortUploadsAfter' ${must}`,
      ].join('\n'),
    );
  });

  test('fails when objects move at an age that is no whole number of days, which may be 0', () => {
    expect(() => build(moving(Duration.hours(36)))).toThrow(
      '\'silverLifecycle.transitions[0].after\' must be whole days, got "1.5 days"',
    );
    expect(rulesOf('Silver', moving(Duration.days(0)))[0]?.Transitions).toEqual([
      { StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 0 },
    ]);
  });

  test('takes ages and counts that only the deployment knows', () => {
    const [early, late] = [{ Ref: 'Early' }, { Ref: 'Late' }] as const;
    const after = Duration.days(Token.asNumber(early));
    const later = Duration.days(Token.asNumber(late));
    const landingLifecycle = {
      transitions: [
        { tier: StorageTier.INFREQUENT_ACCESS, after },
        { tier: StorageTier.DEEP_ARCHIVE, after: Duration.days(60) },
      ],
      noncurrentTransitions: [{ tier: StorageTier.DEEP_ARCHIVE, after }],
      expireAfter: later,
      noncurrentExpireAfter: later,
      noncurrentVersionsKept: Token.asNumber({ Ref: 'Kept' }),
      abortUploadsAfter: after,
    };
    expect(rulesOf('Landing', { logRetention: after, landingLifecycle })[0]).toMatchObject({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: early },
      ExpirationInDays: late,
      NoncurrentVersionExpiration: { NoncurrentDays: late, NewerNoncurrentVersions: { Ref: 'Kept' } },
      Transitions: [{ TransitionInDays: early }, { TransitionInDays: 60 }],
    });
    expect(() => build({ silverLifecycle: { expireAfter: after } })).toThrow(
      /'silverLifecycle.expireAfter' must be left out, .* got "days known later"/,
    );
  });

  test('names every problem of every zone at once', () => {
    expect(() =>
      build({
        landingLifecycle: { transitions: [at(StorageTier.INFREQUENT_ACCESS, 1)] },
        silverLifecycle: { transitions: [at(StorageTier.DEEP_ARCHIVE, 90)] },
        goldLifecycle: { expireAfter: Duration.days(90) },
      }),
    ).toThrow(/^3 problems in storage 'Test\/Storage'/);
  });

  test('finds a tier by its name and suggests the nearest', () => {
    expect(StorageTier.fromName('GLACIER_INSTANT')).toBe(StorageTier.GLACIER_INSTANT);
    expect(() => StorageTier.fromName('GLACIER_INSTNT')).toThrow("did you mean 'GLACIER_INSTANT'?");
  });
});
