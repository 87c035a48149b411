import { LakehouseError, didYouMean, problem } from '../lib/private/errors';
import { guarded } from './interrupt';
import { jarSets, repinJars } from './toolchain/jars';

/**
 * `node local/bootstrap.mjs pin-jars [emr|kafka|workloads|streams|dqdl]`: writes the checksums of a jar lock anew, after its coordinates were
 * changed by hand. Review the difference before committing it: these checksums are what every later install is held to.
 */
async function main(): Promise<number> {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(jarSets);
  for (const name of names) {
    const set = Object.entries(jarSets).find(([key]) => key === name)?.[1];
    if (set === undefined) {
      const remedy = didYouMean(name, Object.keys(jarSets));
      throw new LakehouseError(problem({ path: 'set', must: 'a known set of jars', got: name, remedy }));
    }
    await repinJars(set);
    console.log(`✓ ${set.lock}`);
  }
  return 0;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);
