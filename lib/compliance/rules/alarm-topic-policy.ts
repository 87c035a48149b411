import { alarmTopics, letsService, topicPolicies } from '../policies';
import { eachResource, type Rule } from '../rule';
import type { TemplateResource, Templates } from '../template';

/** A policy takes the place of the one SNS gives, which let the account's own alarms publish. */
export const alarmTopicPolicy: Rule = {
  id: 'alarm-topic-policy',
  severity: 'error',
  wrong:
    "The policy of an alarm's topic does not let CloudWatch publish; SNS's own policy did, until this one took its place.",
  remedy: 'Let cloudwatch.amazonaws.com use sns:Publish on the topic.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html',
  places: eachResource(['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'], (alarm, templates) => [
    ...new Set(
      alarmTopics(alarm, templates)
        .filter(([, topic]) => isClosed(topic, templates))
        .map(([property]) => property),
    ),
  ]),
};

function isClosed(topic: TemplateResource, templates: Templates): boolean {
  const policies = topicPolicies(templates, topic);
  return policies.length > 0 && !letsService(policies, { service: 'cloudwatch', actions: ['sns:Publish'] });
}
