import { relative } from 'node:path';
import { guarded } from './interrupt';
import { Progress } from './progress';
import { buildPackages } from './toolchain/packages';

/** `npm run package`: builds the npm tarball and the Python wheel into `dist/packages`. */
async function main(): Promise<number> {
  const progress = new Progress();
  const { tarball, wheel } = await buildPackages(progress);
  progress.note(`npm install ${relative('.', tarball)}`);
  progress.note(`pip install ${relative('.', wheel)}`);
  return 0;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);
