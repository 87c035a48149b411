import { eachResource, type Rule } from '../rule';
import { dig, textOf } from '../values';

/** KRaft is what 4.0 and later run with, and what earlier versions say in their name. */
function isKraft(version: string): boolean {
  return version.endsWith('.kraft') || /^([4-9]|\d\d)\./.test(version);
}

/** MSK refuses the cluster. */
export const mskSmallKraft: Rule = {
  id: 'msk-small-kraft',
  severity: 'error',
  wrong: 'Brokers of type kafka.t3.small are to run KRaft, which they cannot.',
  remedy: 'Take kafka.m7g.large or larger.',
  source: 'https://docs.aws.amazon.com/msk/latest/developerguide/metadata-management.html',
  places: eachResource(['AWS::MSK::Cluster'], ({ properties }) => {
    const isSmall = dig(properties, 'BrokerNodeGroupInfo', 'InstanceType') === 'kafka.t3.small';
    return isSmall && isKraft(textOf(properties.KafkaVersion) ?? '') ? ['BrokerNodeGroupInfo.InstanceType'] : [];
  }),
};
