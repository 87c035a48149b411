/** The packages: built, installed by themselves into projects of their own, and used there. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['**/*.package.ts'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
