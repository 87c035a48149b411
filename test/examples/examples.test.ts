import * as fs from 'node:fs';
import * as path from 'node:path';
import { run } from '../../local/toolchain/command';
import { basePython } from '../../local/toolchain/python';
import { complianceOf, withRules } from '../support/compliance';
import { EXAMPLES, exampleApp } from '../support/examples';
import { templateFiles } from '../support/subjects';

const ROOT = path.resolve(__dirname, '..', '..', 'examples');

describe('examples', () => {
  test.each(EXAMPLES)(
    '%s synthesizes, and AwsSolutions, Serverless and the own rules have nothing to say',
    async (file) => {
      const app = withRules(await exampleApp(file));
      expect(complianceOf(app).open).toEqual([]);
      expect(templateFiles(app).length).toBeGreaterThan(0);
    },
  );

  test.each(EXAMPLES)('%s fits on a page', (file) => {
    expect(fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n').length).toBeLessThanOrEqual(41);
  });

  test('minimal_batch_pipeline.py compiles, and its load is a dozen statements', async () => {
    const count = [
      'import ast, sys',
      'tree = ast.parse(open(sys.argv[1], encoding="utf-8").read())',
      'load = next(node for node in tree.body if isinstance(node, ast.FunctionDef))',
      'print(len(load.body))',
    ].join('\n');
    const file = path.join(ROOT, 'minimal_batch_pipeline.py');
    const { stdout } = await run(basePython(), ['-c', count, file], { name: 'python', timeoutMs: 20_000 });
    expect(Number(stdout)).toBeLessThanOrEqual(12);
  });
});
