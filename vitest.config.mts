import { configDefaults, defineConfig } from 'vitest/config';

const MINUTE = 60_000;

export default defineConfig({
  test: {
    globals: true,
    projects: [
      {
        extends: true,
        test: {
          // fast, and on this machine alone
          name: 'unit',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/support/run-folder.ts'],
          setupFiles: ['test/support/setup.ts'],
          // the CDK is loaded once in each worker: loading it for each file took four times as long as the tests
          isolate: false,
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
        },
      },
      {
        extends: true,
        test: {
          // real deploys and real runs, one after the other
          name: 'integ',
          include: ['test/integ/*.integ.ts'],
          // for all that it starts: the validator takes 7 s of CPU for each app, and test/compliance has it go over every environment
          env: { CDK_VALIDATION: 'false' },
          fileParallelism: false,
          testTimeout: 15 * MINUTE,
          hookTimeout: 15 * MINUTE,
        },
      },
      {
        extends: true,
        test: {
          // the packages: built, installed by themselves into projects of their own, and used there
          name: 'package',
          include: ['test/package/*.package.ts'],
          fileParallelism: false,
          testTimeout: 5 * MINUTE,
          hookTimeout: 5 * MINUTE,
        },
      },
    ],
    exclude: [...configDefaults.exclude, 'dist/**'],
  },
});
