import type { Rule } from '../rule';

/** CloudFormation refuses to change what another stack imports. */
export const crossStackExport: Rule = {
  id: 'cross-stack-export',
  severity: 'warning',
  wrong: 'A stack exports a value: while another imports it, what it comes from can be neither changed nor removed.',
  remedy: 'Pass names through a parameter of Systems Manager, or put both into one stack.',
  source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html',
  places: (templates) =>
    templates.all.flatMap(({ file, outputs }) =>
      outputs
        .filter(([, { Export }]) => Export !== undefined)
        .map(([id]) => ({ file, id, location: `Outputs.${id}.Export` })),
    ),
};
