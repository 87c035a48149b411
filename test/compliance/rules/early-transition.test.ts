import { earlyTransition } from '../../../lib/compliance/rules/early-transition';
import { type Fixture, describeRule, resources } from './fixtures';

const rule = (values: { [name: string]: unknown }): Fixture =>
  resources({
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { LifecycleConfiguration: { Rules: [values] } } },
  });
const RULE = 'Bucket Properties.LifecycleConfiguration.Rules.0';

describeRule(earlyTransition, {
  compliant: {
    '30 days': rule({ Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }], ExpirationInDays: 31 }),
    'a class without a minimum': rule({ Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 0 }] }),
  },
  nonCompliant: {
    'Standard-IA at 29 days': [rule({ Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 29 }] }), RULE],
    'a move on the day of expiry': [
      rule({ Transition: { StorageClass: 'GLACIER', TransitionInDays: 90 }, ExpirationInDays: 90 }),
      RULE,
    ],
  },
});
