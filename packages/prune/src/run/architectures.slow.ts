import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { architectures } from '@grasp/decoder';
import { randomTokens } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixtureFolder, fixtureNames } from '../../../decoder/test/architecture-fixtures.js';
import { type Engine, openEngine } from '../engine/open-engine.js';
import { parseSettings } from '../settings/parse.js';
import { prune } from './prune.js';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-architectures-'));
  engine = await openEngine();
});
afterAll(() => rm(folder, { recursive: true }));

/** Blocks of random ids. */
function blocksOf(length: number) {
  const { ids, shape } = randomTokens(4, length, 40, 5);
  const fingerprint = createHash('sha256').update(ids).digest('hex');
  return { ids, shape, fingerprint, description: 'random ids' };
}

const plain = architectures.map(
  ({ modelType }) => fixtureNames.find((name) => name.split('-')[0] === modelType)!,
);

it.each(plain)('prunes %s by grasp+ and writes what it measured', async (name) => {
  const checkpoint = await openCheckpoint(fixtureFolder(name));
  const small = {
    text: { length: 16, blocks: 4 },
    importance: { rounds: 2, blocksPerRound: 2 },
    gates: { epochs: 1 },
  };
  const generator = prune({
    ...{ checkpoint, engine, folder: await mkdtemp(join(folder, name)), gateBlocks: blocksOf(16) },
    evaluation: [{ name: 'text', windows: blocksOf(20) }],
    settings: parseSettings(small, { method: 'grasp+', budget: { keep: 0.6 } }),
  });
  for (let next = await generator.next(); ; next = await generator.next()) {
    if (!next.done) continue;
    const { perplexity, layers } = next.value;
    expect(Object.keys(perplexity)).toEqual(expect.arrayContaining(['dense', 'calibrated']));
    expect(
      Object.values(perplexity)
        .flatMap((of) => Object.values(of))
        .every(Number.isFinite),
    ).toBe(true);
    if (name.startsWith('olmo')) expect(layers.every(({ kv }) => kv === 2 || kv === 4)).toBe(true);
    break;
  }
  await checkpoint.close();
});
