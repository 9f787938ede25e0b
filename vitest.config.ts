import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript sources, so tests need no build; `__vitest__` is the set-up's own.
const resolve = { conditions: ['@grasp/source'] };
const source = { resolve, ssr: { resolve }, environments: { __vitest__: { resolve } } };

/**
 * Test files that get a process each: those that open TensorFlow in a way of their own, of which a process has one, and the long
 * computations, which slow down in a process that has seen other backends. The others share workers, so that modules are
 * loaded once.
 */
const APART = [
  'packages/tensorflow/src/{*.test.ts,{eager,graph,library,profile,tfjs}/*.test.ts}',
  'packages/prune/src/engine/*.test.ts',
  'packages/decoder/src/{gradients,recovery}/*.test.ts',
  'packages/decoder/src/tensorflow.test.ts',
  'packages/prune/src/heal/memory.test.ts',
];
const UNIT = '{packages,apps,examples}/*/{src,test}/**/*.test.ts';

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
      {
        ...source,
        test: {
          ...unit,
          name: 'unit-shared',
          include: [UNIT],
          exclude: [...APART, '**/node_modules/**'],
          isolate: false,
        },
      },
      { ...source, test: { ...unit, name: 'unit-apart', include: APART } },
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
