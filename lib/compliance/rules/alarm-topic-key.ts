import { PUBLISH_ENCRYPTED, alarmTopics, isClosedTo, keyOf } from '../policies';
import { eachResource, type Rule } from '../rule';
import type { TemplateResource, Templates } from '../template';
import { textOf } from '../values';

/** The message is lost without a trace. */
export const alarmTopicKey: Rule = {
  id: 'alarm-topic-key',
  severity: 'error',
  wrong: "An alarm's topic is encrypted with a key that CloudWatch may not use: its messages are lost without a trace.",
  remedy: 'Use a customer managed key whose policy lets cloudwatch.amazonaws.com use Decrypt and GenerateDataKey*.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html',
  places: eachResource(['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'], (alarm, templates) => [
    ...new Set(
      alarmTopics(alarm, templates)
        .filter(([, topic]) => isUnreadable(topic, templates))
        .map(([property]) => property),
    ),
  ]),
};

function isUnreadable({ properties }: TemplateResource, templates: Templates): boolean {
  const key = properties.KmsMasterKeyId;
  const use = { service: 'cloudwatch', actions: PUBLISH_ENCRYPTED };
  return (textOf(key) ?? '').endsWith('alias/aws/sns') || isClosedTo(keyOf(templates, key), use);
}
