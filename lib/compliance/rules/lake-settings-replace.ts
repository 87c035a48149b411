import { eachResource, type Rule } from '../rule';

/** The settings are one for the whole account and region. */
export const lakeSettingsReplace: Rule = {
  id: 'lake-settings-replace',
  severity: 'error',
  wrong: "Lake Formation's settings replace the administrators of the whole account, those of other stacks too.",
  remedy: 'Set MutationType to APPEND.',
  source:
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lakeformation-datalakesettings.html',
  places: eachResource(['AWS::LakeFormation::DataLakeSettings'], ({ properties }) =>
    properties.MutationType === 'APPEND' ? [] : ['MutationType'],
  ),
};
