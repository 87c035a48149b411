import { crossStackExport } from '../../../lib/compliance/rules/cross-stack-export';
import { describeRule } from './fixtures';

describeRule(crossStackExport, {
  compliant: { 'an output for people': { Outputs: { Bucket: { Value: 'b' } } } },
  nonCompliant: {
    'an export': [
      { Outputs: { Bucket: { Value: 'b', Export: { Name: 'Lake:Bucket' } } } },
      'Bucket Outputs.Bucket.Export',
    ],
  },
});
