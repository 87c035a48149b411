import { eachResource, type Rule } from '../rule';
import { type Json, isJson, isTrue, textOf } from '../values';

/** Kafka refuses the topic. */
export const mskTieredCompaction: Rule = {
  id: 'msk-tiered-compaction',
  severity: 'error',
  wrong: 'A compacted topic is to use tiered storage, which holds only topics whose old records are deleted.',
  remedy: 'Leave remote.storage.enable out, or set cleanup.policy to delete.',
  source: 'https://docs.aws.amazon.com/msk/latest/developerguide/msk-tiered-storage.html',
  places: eachResource(['AWS::MSK::Topic'], ({ properties }) => {
    const configs = decoded(textOf(properties.Configs) ?? '');
    const policies = (textOf(configs['cleanup.policy']) ?? '').split(',').map((policy) => policy.trim());
    return isTrue(configs['remote.storage.enable']) && policies.includes('compact') ? ['Configs'] : [];
  }),
};

/** The configuration of a topic, which its resource has as JSON in Base64. */
function decoded(configs: string): Json {
  try {
    const value: unknown = JSON.parse(Buffer.from(configs, 'base64').toString('utf8'));
    return isJson(value) ? value : {};
  } catch {
    return {}; // known at deployment only
  }
}
