import { mskTieredCompaction } from '../../../lib/compliance/rules/msk-tiered-compaction';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const topic = (Configs: unknown): Fixture => resources({ Topic: { Type: 'AWS::MSK::Topic', Properties: { Configs } } });
const encoded = (configs: { [name: string]: string }): string =>
  Buffer.from(JSON.stringify(configs)).toString('base64');

describeRule(mskTieredCompaction, {
  compliant: {
    'a tiered topic that deletes': topic(encoded({ 'remote.storage.enable': 'true', 'cleanup.policy': 'delete' })),
    'a compacted topic on the brokers': topic(encoded({ 'cleanup.policy': 'compact' })),
    'a configuration known at deployment': topic({ 'Fn::Base64': ref('Configs') }),
  },
  nonCompliant: {
    'a tiered topic that compacts': [
      topic(encoded({ 'remote.storage.enable': 'true', 'cleanup.policy': 'compact,delete' })),
      'Topic Properties.Configs',
    ],
    'one that CloudFormation encodes': [
      topic({ 'Fn::Base64': '{"remote.storage.enable":"true","cleanup.policy":"compact"}' }),
      'Topic Properties.Configs',
    ],
  },
});
