import { eachResource, type Rule } from '../rule';
import { dig, isLiteral, textOf } from '../values';

/** The longest names AWS takes, by the type and the property, in characters. */
export const NAME_LIMITS: { readonly [type: string]: { readonly [property: string]: number } } = {
  'AWS::Athena::NamedQuery': { Name: 128 },
  'AWS::Athena::WorkGroup': { Name: 128 },
  'AWS::Budgets::Budget': { 'Budget.BudgetName': 100 },
  'AWS::CloudWatch::Alarm': { AlarmName: 255 },
  'AWS::CloudWatch::CompositeAlarm': { AlarmName: 255 },
  'AWS::CloudWatch::Dashboard': { DashboardName: 255 },
  'AWS::DynamoDB::Table': { TableName: 255 },
  'AWS::EC2::SecurityGroup': { GroupName: 255, GroupDescription: 255 },
  'AWS::EMR::Cluster': { Name: 256 },
  'AWS::EMRServerless::Application': { Name: 64 },
  'AWS::Events::Rule': { Name: 64 },
  'AWS::Glue::Database': { 'DatabaseInput.Name': 255 },
  'AWS::Glue::Table': { Name: 255, 'TableInput.Name': 255 },
  'AWS::IAM::InstanceProfile': { InstanceProfileName: 128 },
  'AWS::IAM::ManagedPolicy': { ManagedPolicyName: 128 },
  'AWS::IAM::Policy': { PolicyName: 128 },
  'AWS::IAM::Role': { RoleName: 64, Description: 1000 },
  'AWS::KMS::Alias': { AliasName: 256 },
  'AWS::Lambda::Function': { FunctionName: 64 },
  'AWS::Logs::LogGroup': { LogGroupName: 512 },
  'AWS::MSK::Cluster': { ClusterName: 64 },
  'AWS::MSK::Configuration': { Name: 256 },
  'AWS::MSK::Topic': { TopicName: 249 },
  'AWS::MWAA::Environment': { Name: 80 },
  'AWS::S3::Bucket': { BucketName: 63 },
  'AWS::SNS::Topic': { TopicName: 256 },
  'AWS::SQS::Queue': { QueueName: 80 },
  'AWS::Scheduler::Schedule': { Name: 64 },
  'AWS::SecretsManager::Secret': { Name: 512 },
  'AWS::StepFunctions::StateMachine': { StateMachineName: 80 },
};

/** The service refuses the name. */
export const nameTooLong: Rule = {
  id: 'name-too-long',
  severity: 'error',
  wrong: 'A physical name is longer than AWS takes.',
  remedy: 'Shorten it, or leave it out so that CloudFormation makes one.',
  source: 'https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html',
  places: eachResource(Object.keys(NAME_LIMITS), ({ type, properties }) =>
    Object.entries(NAME_LIMITS[type] ?? {})
      .filter(([path, limit]) => {
        const name = textOf(dig(properties, ...path.split('.'))) ?? '';
        return isLiteral(name) && name.length > limit;
      })
      .map(([path]) => path),
  ),
};
