import type { Rule } from '../rule';
import { isIceberg } from '../tables';
import type { TemplateResource } from '../template';

/** What holds data that nothing can make again. */
const STATEFUL = [
  'AWS::DynamoDB::Table',
  'AWS::Glue::Database',
  'AWS::Glue::Table',
  'AWS::KMS::Key',
  'AWS::MSK::Cluster',
  'AWS::MSK::Topic',
  'AWS::S3::Bucket',
  'AWS::S3Tables::Table',
  'AWS::S3Tables::TableBucket',
];

/** A slip in the template is the end of the data. */
export const statefulNotRetained: Rule = {
  id: 'stateful-not-retained',
  severity: 'warning',
  wrong: 'What holds data is deleted with the stack, or when a change replaces it.',
  remedy:
    'Retain it: RemovalPolicy.RETAIN, or RETAIN_ON_UPDATE_OR_DELETE for one that a failed first deployment removes.',
  source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatereplacepolicy.html',
  places: (templates) =>
    templates
      .ofType(...STATEFUL)
      .filter((resource) => resource.type !== 'AWS::Glue::Table' || isIceberg(resource))
      .flatMap((resource) => lost(resource).map((attribute) => resource.at(attribute))),
};

/** CloudFormation keeps nothing by default. */
function lost({ body }: TemplateResource): string[] {
  return ['DeletionPolicy', 'UpdateReplacePolicy'].filter((name) => !String(body[name]).startsWith('Retain'));
}
