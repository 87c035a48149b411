import type { Rule } from './rule';
import { alarmDatapoints } from './rules/alarm-datapoints';
import { alarmMissingData } from './rules/alarm-missing-data';
import { alarmPeriod } from './rules/alarm-period';
import { alarmTopicKey } from './rules/alarm-topic-key';
import { alarmTopicPolicy } from './rules/alarm-topic-policy';
import { alarmWindow } from './rules/alarm-window';
import { alarmWithoutAction } from './rules/alarm-without-action';
import { budgetTopic } from './rules/budget-topic';
import { crossStackExport } from './rules/cross-stack-export';
import { earlyTransition } from './rules/early-transition';
import { emrAutoTermination } from './rules/emr-auto-termination';
import { emrFleetsAndGroups } from './rules/emr-fleets-and-groups';
import { emrMissingTag } from './rules/emr-missing-tag';
import { emrScalingUnits } from './rules/emr-scaling-units';
import { emrSpotPrimary } from './rules/emr-spot-primary';
import { glueName } from './rules/glue-name';
import { icebergWithTableInput } from './rules/iceberg-with-table-input';
import { lakeSettingsReplace } from './rules/lake-settings-replace';
import { lifecycleOnTables } from './rules/lifecycle-on-tables';
import { logGroupKey } from './rules/log-group-key';
import { mskExpressStorage } from './rules/msk-express-storage';
import { mskPublicCreation } from './rules/msk-public-creation';
import { mskScramSecret } from './rules/msk-scram-secret';
import { mskSmallKraft } from './rules/msk-small-kraft';
import { mskTieredCompaction } from './rules/msk-tiered-compaction';
import { mskUnevenBrokers } from './rules/msk-uneven-brokers';
import { mwaaBucket } from './rules/mwaa-bucket';
import { mwaaFileVersion } from './rules/mwaa-file-version';
import { mwaaPolicyFirst } from './rules/mwaa-policy-first';
import { mwaaSelfReference } from './rules/mwaa-self-reference';
import { mwaaSubnets } from './rules/mwaa-subnets';
import { nameTooLong } from './rules/name-too-long';
import { plainTextSecret } from './rules/plain-text-secret';
import { statefulNotRetained } from './rules/stateful-not-retained';
import { tablesShareLocation } from './rules/tables-share-location';
import { wholeServiceAction } from './rules/whole-service-action';

/** All rules, in the order data travels, then what concerns every template. */
export const RULES: Rule[] = [
  icebergWithTableInput,
  tablesShareLocation,
  lifecycleOnTables,
  earlyTransition,
  glueName,
  lakeSettingsReplace,
  mskExpressStorage,
  mskPublicCreation,
  mskScramSecret,
  mskSmallKraft,
  mskTieredCompaction,
  mskUnevenBrokers,
  emrAutoTermination,
  emrFleetsAndGroups,
  emrMissingTag,
  emrScalingUnits,
  emrSpotPrimary,
  mwaaBucket,
  mwaaFileVersion,
  mwaaPolicyFirst,
  mwaaSelfReference,
  mwaaSubnets,
  alarmDatapoints,
  alarmMissingData,
  alarmPeriod,
  alarmTopicKey,
  alarmTopicPolicy,
  alarmWindow,
  alarmWithoutAction,
  logGroupKey,
  budgetTopic,
  crossStackExport,
  nameTooLong,
  plainTextSecret,
  statefulNotRetained,
  wholeServiceAction,
];
