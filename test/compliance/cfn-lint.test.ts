import * as fs from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { run } from '../../local/toolchain/command';
import { ensureEnvironment, environments } from '../../local/toolchain/python';
import { SUBJECTS, subjectApp, templateFiles } from '../support/subjects';
import { temporaryDirectory } from '../support/temporary';

const MINUTE = 60_000;
const matches = z.array(z.object({ Rule: z.object({ Id: z.string() }), Filename: z.string(), Message: z.string() }));

/** The errors in the templates, all found in one run of the linter because most of its time is its start. */
const errors = new Map<string, string[]>();

async function lint(files: string[]): Promise<z.infer<typeof matches>> {
  const { directory } = await ensureEnvironment(environments.lint);
  const report = path.join(temporaryDirectory(), 'report.json');
  // It ends with an error only when it could not look, and the file says what it found.
  const args = ['--format', 'json', '--output-file', report, '--non-zero-exit-code', 'none'];
  const options = { name: 'cfn-lint', timeoutMs: 5 * MINUTE };
  await run(path.join(directory, 'bin/cfn-lint'), [...args, '--ignore-checks', 'W', 'I', '--', ...files], options);
  return matches.parse(JSON.parse(fs.readFileSync(report, 'utf8')));
}

beforeAll(async () => {
  const bad = path.join(temporaryDirectory(), 'bad.template.json');
  fs.writeFileSync(
    bad,
    JSON.stringify({ Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { Nam: 'x' } } } }),
  );
  const subjectOf = new Map([[bad, 'bad']]);
  for (const subject of SUBJECTS) {
    const app = await subjectApp(subject);
    app.synth();
    templateFiles(app).forEach((file) => subjectOf.set(file, subject));
  }
  for (const { Rule, Filename, Message } of await lint([...subjectOf.keys()])) {
    const subject = subjectOf.get(Filename) ?? Filename;
    errors.set(subject, [...(errors.get(subject) ?? []), `${path.basename(Filename)} ${Rule.Id} ${Message}`]);
  }
}, 10 * MINUTE);

describe('cfn-lint', () => {
  test.each(SUBJECTS)('finds no error in %s', (subject) => {
    expect(errors.get(subject) ?? []).toEqual([]);
  });

  test('finds a property that does not exist, so it is really on', () => {
    expect(errors.get('bad')).toEqual([expect.stringMatching(/E3002 Additional properties .*'Nam'/)]);
  });

  test('finds nothing else', () => {
    expect([...errors.keys()]).toEqual(['bad']);
  });
});
