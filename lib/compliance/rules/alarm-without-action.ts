import { eachResource, type Rule } from '../rule';
import type { TemplateResource, Templates } from '../template';
import { isLiteral, listOf, textOf } from '../values';

/** Nobody hears of it. */
export const alarmWithoutAction: Rule = {
  id: 'alarm-without-action',
  severity: 'error',
  wrong: 'An alarm does nothing when it goes off, and no composite alarm watches it.',
  remedy: 'Give it a topic, or name it in the rule of an alarm that has one.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html',
  places: eachResource(['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'], (alarm, templates) => {
    const { ActionsEnabled, AlarmActions } = alarm.properties;
    const isOff = ActionsEnabled === false || ActionsEnabled === 'false';
    const acts = listOf(AlarmActions).length > 0 && !isOff;
    return acts || isWatched(alarm, templates) ? [] : [isOff ? 'ActionsEnabled' : 'AlarmActions'];
  }),
};

function isWatched(alarm: TemplateResource, templates: Templates): boolean {
  const name = textOf(alarm.properties.AlarmName);
  return templates
    .ofType('AWS::CloudWatch::CompositeAlarm')
    .flatMap(({ properties }) => [properties.AlarmRule, properties.ActionsSuppressor])
    .map((text) => textOf(text) ?? '')
    .some((text) => alarm.isIn(text) || (name !== undefined && isLiteral(name) && namesIn(text).includes(name)));
}

/** The names in a rule such as `ALARM("a") AND NOT ALARM(b)`. */
function namesIn(rule: string): string[] {
  return [...rule.matchAll(/\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*"?([^")]+?)"?\s*\)/g)].map(([, name = '']) => name);
}
