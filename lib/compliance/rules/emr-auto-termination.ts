import { eachResource, type Rule } from '../rule';

/** CloudFormation does not notice that its cluster is gone. */
export const emrAutoTermination: Rule = {
  id: 'emr-auto-termination',
  severity: 'error',
  wrong: 'A cluster of a stack ends itself when idle: the stack still counts on it, and its next update fails.',
  remedy: 'Leave the policy out, or let an orchestrator start a cluster for each run.',
  source: 'https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-auto-termination-policy.html',
  places: eachResource(['AWS::EMR::Cluster'], ({ properties }) =>
    properties.AutoTerminationPolicy === undefined ? [] : ['AutoTerminationPolicy'],
  ),
};
