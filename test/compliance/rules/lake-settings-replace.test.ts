import { lakeSettingsReplace } from '../../../lib/compliance/rules/lake-settings-replace';
import { describeRule, resources } from './fixtures';

const TYPE = 'AWS::LakeFormation::DataLakeSettings';

describeRule(lakeSettingsReplace, {
  compliant: {
    'settings that are appended': resources({ Settings: { Type: TYPE, Properties: { MutationType: 'APPEND' } } }),
  },
  nonCompliant: {
    'settings that replace by default': [resources({ Settings: { Type: TYPE } }), 'Settings Properties.MutationType'],
  },
});
