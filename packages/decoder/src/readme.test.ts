import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { randomTokens, readmeCode, tinyLlama } from '@grasp/testing';
import { expect, it } from 'vitest';
import { gateGradients } from '../examples/gradients.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/gradients.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example gives a loss and a gradient for every unit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-gradients-'));
  try {
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
    const { loss, gradients, blocks } = await gateGradients(
      join(folder, 'model'),
      randomTokens(1, 16, 50, 2).ids,
    );
    expect(loss).toBeGreaterThan(0);
    expect(blocks.map(({ kind }) => kind)).toContain('kv');
    expect(gradients).toHaveLength(blocks.reduce((sum, { count }) => sum + count, 0));
    expect(gradients.every((g) => Number.isFinite(g) && g !== 0)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('shows the file of an architecture as it is', () => {
  const file = readFileSync(new URL('spec/architectures/ernie4-5.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../../../docs/new-architecture.md', import.meta.url))).toContain(file);
});
