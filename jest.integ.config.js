/** The integration test: real deploys and real runs on this machine, one after the other. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['**/*.integ.ts'],
  testTimeout: 600_000,
  maxWorkers: 1,
};
