import { guarded } from './interrupt';
import { Progress } from './progress';
import { buildDependencies } from './toolchain/dependencies';

/** `npm run package:dependencies`: builds what Spark applications take to the cluster. */
async function main(): Promise<number> {
  await buildDependencies(new Progress());
  return 0;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);
