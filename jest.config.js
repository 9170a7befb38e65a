import { availableParallelism } from 'node:os';

/** TypeScript goes through swc, modules stay ES modules (hence `--experimental-vm-modules`). */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  reporters: ['default', '<rootDir>/test/helpers/skip-reporter.js'],
  setupFiles: ['<rootDir>/test/helpers/seed-properties.ts'],
  // For tests and hooks alike: a machine may be slow and busy, and what hangs is told after this too.
  testTimeout: 300_000,
  // On two cores jest would run one suite at a time, and most of them wait for servers half of theirs.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
