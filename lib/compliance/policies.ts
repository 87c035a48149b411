import type { TemplateResource, Templates } from './template';
import { dig, listOf, textsOf } from './values';

/** What a statement needs to be, to allow a service something. */
export interface ServiceUse {
  /** The service as a principal; `logs` stands for `logs.amazonaws.com` and for that of any region. */
  readonly service: string;
  readonly actions: string[];
}

/** Whether an action, or a pattern of actions, in a policy covers an action. */
export function covers(pattern: string, action: string): boolean {
  const expression = pattern
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(action.toLowerCase());
}

/** The statements of a policy that allow. */
export function allowStatements(document: unknown): unknown[] {
  return listOf(dig(document, 'Statement')).filter((statement) => dig(statement, 'Effect') === 'Allow');
}

/** Whether one policy, or several together, let a service do all of the actions. */
export function letsService(documents: unknown[], { service, actions }: ServiceUse): boolean {
  const granted = documents
    .flatMap(allowStatements)
    .filter((statement) => isPrincipal(dig(statement, 'Principal'), service))
    .flatMap((statement) => textsOf(dig(statement, 'Action')));
  return actions.every((action) => granted.some((pattern) => covers(pattern, action)));
}

/** Everybody, a service too, is `*` by itself or among accounts. */
function isPrincipal(principal: unknown, service: string): boolean {
  const services = textsOf(dig(principal, 'Service'));
  return (
    principal === '*' ||
    textsOf(dig(principal, 'AWS')).includes('*') ||
    services.some((name) => name.startsWith(`${service}.`) && /\.amazonaws\.com(\.cn)?$/.test(name))
  );
}

/** The key in the templates that a property names, by itself or by its alias. */
export function keyOf(templates: Templates, value: unknown): TemplateResource | undefined {
  const found = templates.referredBy(value);
  return found?.type === 'AWS::KMS::Alias' ? keyOf(templates, found.properties.TargetKeyId) : found;
}

/** Whether a key in the templates is closed to a service; of another key nothing is known. */
export function isClosedTo(key: TemplateResource | undefined, use: ServiceUse): boolean {
  return key?.type === 'AWS::KMS::Key' && !letsService([key.properties.KeyPolicy], use);
}

/** The policies of a topic; none means that SNS gives it its own. */
export function topicPolicies(templates: Templates, topic: TemplateResource): unknown[] {
  return templates
    .ofType('AWS::SNS::TopicPolicy')
    .filter(({ properties }) => textsOf(properties.Topics).some((name) => topic.isIn(name)))
    .map(({ properties }) => properties.PolicyDocument);
}

/** What a service needs of the key of a topic it publishes to. */
export const PUBLISH_ENCRYPTED = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** The topics in the templates among what an alarm does. */
export function alarmTopics({ properties }: TemplateResource, templates: Templates): [string, TemplateResource][] {
  return ['AlarmActions', 'OKActions', 'InsufficientDataActions'].flatMap((name) =>
    textsOf(properties[name]).flatMap((action) => {
      const topic = templates.referredBy(action);
      return topic?.type === 'AWS::SNS::Topic' ? [[name, topic] as [string, TemplateResource]] : [];
    }),
  );
}
