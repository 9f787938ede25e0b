import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, toFloat32, writeCheckpoint } from '@grasp/checkpoint';
import { decoderConfig, expectedTensors } from '@grasp/decoder';
import { loadTokenizer } from '@grasp/tokenizer';
import { expect, it } from 'vitest';
import { randomCheckpoint } from './random-checkpoint.js';
import { shapeOf } from './shapes.js';

const config = {
  ...shapeOf('smollm2-135m', { layers: 2, vocabulary: 512 }),
  hidden_size: 72,
  intermediate_size: 96,
};

it('writes a model that opens, with weights of the right magnitude and a byte tokenizer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-random-'));
  const path = join(folder, 'model');
  await writeCheckpoint(randomCheckpoint(config), path, { shardBytes: 50_000 });
  const checkpoint = await openCheckpoint(path);
  const names = [...expectedTensors(decoderConfig(config))].filter(({ optional }) => !optional);
  expect([...checkpoint.tensors.keys()].sort()).toEqual(names.map(({ name }) => name).sort());
  const up = toFloat32(await checkpoint.read('model.layers.1.mlp.up_proj.weight'));
  const meanSquare = up.reduce((sum, x) => sum + x * x, 0) / up.length;
  expect(Math.abs(meanSquare * 72 - 1)).toBeLessThan(0.1);
  const tokenizer = await loadTokenizer(checkpoint);
  expect([...(await tokenizer.encode('a é'))]).toEqual([97, 32, 0xc3, 0xa9]);
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

it('gives the same weights for the same seed', async () => {
  const name = 'model.embed_tokens.weight';
  const [a, b, c] = await Promise.all([1, 1, 2].map((seed) => randomCheckpoint(config, seed).read(name)));
  expect(a!.data).toEqual(b!.data);
  expect(a!.data).not.toEqual(c!.data);
});
