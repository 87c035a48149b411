import { PUBLISH_ENCRYPTED, isClosedTo, keyOf, letsService, topicPolicies } from '../policies';
import { eachResource, type Rule } from '../rule';
import type { TemplateResource, Templates } from '../template';
import { dig, listOf } from '../values';

/** Nobody hears that the money is spent. */
export const budgetTopic: Rule = {
  id: 'budget-topic',
  severity: 'error',
  wrong: "A budget's topic does not let AWS Budgets publish, by its policy or by that of its key.",
  remedy: 'Let budgets.amazonaws.com use sns:Publish on the topic, and Decrypt and GenerateDataKey* of its key.',
  source: 'https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html',
  places: eachResource(['AWS::Budgets::Budget'], ({ properties }, templates) =>
    listOf(properties.NotificationsWithSubscribers).flatMap((notification, index) =>
      listOf(dig(notification, 'Subscribers')).some((subscriber) => isUnheard(subscriber, templates))
        ? [`NotificationsWithSubscribers.${index}.Subscribers`]
        : [],
    ),
  ),
};

function isUnheard(subscriber: unknown, templates: Templates): boolean {
  const topic = templates.referredBy(dig(subscriber, 'Address'));
  return topic?.type === 'AWS::SNS::Topic' && isClosed(topic, templates);
}

function isClosed(topic: TemplateResource, templates: Templates): boolean {
  const key = keyOf(templates, topic.properties.KmsMasterKeyId);
  return (
    !letsService(topicPolicies(templates, topic), { service: 'budgets', actions: ['sns:Publish'] }) ||
    isClosedTo(key, { service: 'budgets', actions: PUBLISH_ENCRYPTED })
  );
}
