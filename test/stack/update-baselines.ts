/** `npm run baselines`: writes the templates of all environments as the new baselines. Read the difference before you commit it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ENVIRONMENTS, templatesOf } from '../support/environments';
import { BASELINES, differences, normalized } from './baselines';

const written = new Map<string, string>();
for (const environment of ENVIRONMENTS) {
  for (const [file, template] of Object.entries(templatesOf(environment))) {
    written.set(file, normalized(template));
  }
}
fs.mkdirSync(BASELINES, { recursive: true });
for (const file of fs.readdirSync(BASELINES).filter((name) => !written.has(name))) {
  fs.rmSync(path.join(BASELINES, file));
  process.stdout.write(`${file}: removed\n`);
}
for (const [file, template] of written) {
  const target = path.join(BASELINES, file);
  const before = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : '{}';
  fs.writeFileSync(target, template);
  for (const line of differences(before, template)) {
    process.stdout.write(`${file}: ${line}\n`);
  }
}
