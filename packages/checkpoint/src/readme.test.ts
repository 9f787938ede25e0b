import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ggufBytes, readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { shorten } from '../examples/convert.js';
import { openCheckpoint } from './open-checkpoint.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/convert.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example writes the first layers in bfloat16', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-example-'));
  const u32 = (value: number) => ({ type: 'u32', value }) as const;
  const metadata = {
    'general.architecture': { type: 'text', value: 'llama' },
    'llama.block_count': u32(2),
    'llama.context_length': u32(64),
    'llama.embedding_length': u32(4),
    'llama.feed_forward_length': u32(4),
    'llama.attention.head_count': u32(1),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
  } as const;
  const tensor = (name: string) => ({ name, shape: [2, 4], type: 0, bytes: new Uint8Array(32) });
  const names = ['token_embd.weight', 'blk.0.ffn_up.weight', 'blk.1.ffn_up.weight'];
  try {
    await writeFile(join(folder, 'model.gguf'), ggufBytes(metadata, names.map(tensor)));
    await shorten(join(folder, 'model.gguf'), 1, join(folder, 'out'));
    const written = await openCheckpoint(join(folder, 'out'));
    expect(written.config).toMatchObject({ num_hidden_layers: 1, torch_dtype: 'bfloat16' });
    expect([...written.tensors.keys()]).toEqual([
      'model.embed_tokens.weight',
      'model.layers.0.mlp.up_proj.weight',
    ]);
    await written.close();
    expect(await readdir(folder)).toEqual(['model.gguf', 'out']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
