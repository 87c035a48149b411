import * as fs from 'node:fs';
import * as path from 'node:path';
import { complianceOf, withRules } from '../support/compliance';
import { EXAMPLES, exampleApp } from '../support/examples';
import { templateFiles } from '../support/subjects';

const ROOT = path.resolve(__dirname, '..', '..', 'examples');

describe('examples', () => {
  test.each(EXAMPLES)('%s synthesizes, and AwsSolutions, Serverless and the own rules have nothing to say', (file) => {
    const app = withRules(exampleApp(file));
    expect(complianceOf(app).open).toEqual([]);
    expect(templateFiles(app).length).toBeGreaterThan(0);
  });

  test.each(EXAMPLES)('%s fits on a page', (file) => {
    expect(fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n').length).toBeLessThanOrEqual(41);
  });
});
