import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript sources, so tests need no build; `__vitest__` is the set-up's own.
const resolve = { conditions: ['@grasp/source'] };
const source = { resolve, ssr: { resolve }, environments: { __vitest__: { resolve } } };

/**
 * Packages whose tests open no TensorFlow. Their test files share workers, so that modules are loaded once; the others
 * need a process each, because a process has one TensorFlow.
 */
const WITHOUT_TENSORFLOW = [
  'budget',
  'calib-data',
  'checkpoint',
  'download',
  'eval',
  'export',
  'files',
  'fold',
  'gates',
  'hub',
  'lm-eval',
  'random',
  'report',
  'testing',
  'tokenizer',
];
const shared = `packages/{${WITHOUT_TENSORFLOW.join(',')}}/{src,test}/**/*.test.ts`;

const unit = {
  globalSetup: './packages/testing/src/machine/acquire-tensorflow.ts',
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    reporters: ['default', './scripts/skipped-reporter.mjs'],
    // By default one core is left idle, which of two is half.
    maxWorkers: '100%',
    projects: [
      { ...source, test: { ...unit, name: 'unit-shared', include: [shared], isolate: false } },
      {
        ...source,
        test: {
          ...unit,
          name: 'unit-apart',
          include: ['{packages,apps,examples}/*/{src,test}/**/*.test.ts'],
          exclude: [shared, '**/node_modules/**'],
        },
      },
      {
        ...source,
        test: {
          name: 'slow',
          include: ['{packages,apps,examples}/*/{src,test}/**/*.slow.ts'],
          globalSetup: './packages/testing/src/machine/acquire-tensorflow.ts',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
