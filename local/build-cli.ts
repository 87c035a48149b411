import { guarded } from './interrupt';
import { bundleCommandLine, linkCommandLine } from './toolchain/command-line';

/** `node local/bootstrap.mjs build-cli`: bundles the command line. */
async function main(): Promise<number> {
  await bundleCommandLine();
  linkCommandLine();
  return 0;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);
