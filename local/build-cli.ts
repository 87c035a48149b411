import { guarded } from './interrupt';
import { buildCommandLine } from './toolchain/command-line';

/** `node local/bootstrap.mjs build-cli`: bundles the command line. */
async function main(): Promise<number> {
  await buildCommandLine();
  return 0;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);
