import { emrAutoTermination } from '../../../lib/compliance/rules/emr-auto-termination';
import { describeRule, resources } from './fixtures';

describeRule(emrAutoTermination, {
  compliant: {
    'a cluster that stays': resources({ Cluster: { Type: 'AWS::EMR::Cluster', Properties: { Name: 'a' } } }),
  },
  nonCompliant: {
    'a cluster that ends itself': [
      resources({
        Cluster: { Type: 'AWS::EMR::Cluster', Properties: { AutoTerminationPolicy: { IdleTimeout: 3600 } } },
      }),
      'Cluster Properties.AutoTerminationPolicy',
    ],
  },
});
