import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript sources, so tests need no build; `__vitest__` is the set-up's own.
const resolve = { conditions: ['@grasp/source'] };
const source = { resolve, ssr: { resolve }, environments: { __vitest__: { resolve } } };

export default defineConfig({
  test: {
    reporters: ['default', './scripts/skipped-reporter.mjs'],
    // By default one core is left idle, which of two is half.
    maxWorkers: '100%',
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{packages,apps,examples}/*/{src,test}/**/*.test.ts'],
          globalSetup: './packages/testing/src/machine/acquire-tensorflow.ts',
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
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
