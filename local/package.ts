import { Progress } from './progress';
import { guarded } from './interrupt';
import { missingDependencies, packageDependencies } from './toolchain/dependencies';

/** `npm run package:dependencies`: builds what Spark applications take to the cluster. */
async function main(): Promise<number> {
  const progress = new Progress();
  const missing = missingDependencies();
  await progress.step(
    `application dependencies: ${missing.length === 0 ? 'nothing to do' : missing.join(', ')}`,
    packageDependencies,
  );
  return 0;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);
