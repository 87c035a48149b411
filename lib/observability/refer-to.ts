import { CfnAlarm, type IAlarm, type IAlarmRef } from 'aws-cdk-lib/aws-cloudwatch';

/**
 * What a rule or a widget refers to an alarm by: its resource, where the app defines it. For an attribute of the construct CDK makes
 * a class of its own, which looks up the stacks of both each time it is resolved.
 */
export function referTo(alarm: IAlarm): IAlarmRef {
  return alarm.node.defaultChild instanceof CfnAlarm ? alarm.node.defaultChild : alarm;
}
