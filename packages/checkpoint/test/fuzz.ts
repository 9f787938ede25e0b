import { ggufBytes } from '@grasp/testing';
import { applyByteEdit, byteEdits, processorMs } from '@grasp/testing/fuzz';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type ByteSource, memorySource } from '../src/bytes/byte-source.js';
import { parseJsonObject } from '../src/bytes/json.js';
import { shardNames } from '../src/folder/shard-index.js';
import { ggufCheckpoint } from '../src/gguf/open-gguf.js';
import { encodeSafetensorsHeader } from '../src/safetensors/header.js';
import { safetensorsOf } from '../src/safetensors/open.js';

/** A source that fails the test when more is asked for than the file has. */
function watched(bytes: Uint8Array): ByteSource {
  const source = memorySource(bytes, 'fuzzed');
  return {
    ...source,
    readSync(position, target) {
      expect(target.length).toBeLessThanOrEqual(bytes.length);
      source.readSync(position, target);
    },
    async read(position, target) {
      expect(target.length).toBeLessThanOrEqual(bytes.length);
      await source.read(position, target);
    },
  };
}

/** What each format's reader is given to begin with, and how everything it offers is read. */
export const FORMATS: Readonly<
  Record<string, { readonly seeds: readonly Uint8Array[]; run(bytes: Uint8Array): Promise<void> }>
> = {
  safetensors: {
    seeds: [safetensorsSeed()],
    async run(bytes) {
      const file = safetensorsOf(watched(bytes));
      for (const name of file.tensors.keys()) await file.read(name);
    },
  },
  gguf: {
    seeds: [ggufSeed('llama', 'llama'), ggufSeed('llama', 'gpt2'), ggufSeed('deci', 'gpt2')],
    async run(bytes) {
      const checkpoint = await ggufCheckpoint(watched(bytes));
      for (const name of checkpoint.tensors.keys()) await checkpoint.read(name);
      for (const file of checkpoint.files) await file.read();
    },
  },
  index: {
    seeds: [
      new TextEncoder().encode(
        JSON.stringify({
          metadata: { total_size: 8 },
          weight_map: { a: 'one.safetensors', b: 'model-00001-of-00002.safetensors' },
        }),
      ),
    ],
    async run(bytes) {
      for (const name of shardNames(parseJsonObject(bytes, 'fuzzed'), 'fuzzed')) {
        expect(name).toMatch(/^[^/\\\0]+\.safetensors$/);
      }
    },
  },
};

/**
 * Runs a format's reader on changed files: it succeeds or throws a typed error, reads no more than there is, and
 * takes no longer than `MAX_MS`.
 */
export async function fuzz(format: string, runs: number, seed?: number): Promise<void> {
  const { seeds, run } = FORMATS[format]!;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), byteEdits, async (base, changes) => {
      const bytes = changes.reduce(applyByteEdit, base);
      const start = processorMs();
      await run(bytes).catch(expectTyped);
      expect(processorMs() - start).toBeLessThan(MAX_MS);
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
}

/** Of processor time. Generous: a hang is far longer. */
const MAX_MS = 5000;

export function expectTyped(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('GRASP_CHECKPOINT')) throw error;
}

function safetensorsSeed(): Uint8Array {
  const header = encodeSafetensorsHeader(
    [
      { name: 'a', dtype: 'F32', shape: [2, 3] },
      { name: 'b.weight', dtype: 'BF16', shape: [4] },
      { name: 'empty', dtype: 'I64', shape: [0] },
    ],
    { format: 'pt' },
  );
  return new Uint8Array(Buffer.concat([header, new Uint8Array(32)]));
}

function ggufSeed(arch: 'llama' | 'deci', tokenizer: 'llama' | 'gpt2'): Uint8Array {
  const u32 = (value: number) => ({ type: 'u32', value }) as const;
  const texts = (value: string[]) => ({ type: 'texts', value }) as const;
  const f32 = (name: string, shape: number[]) => ({
    name,
    shape,
    type: 0,
    bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
  });
  return ggufBytes(
    {
      'general.architecture': { type: 'text', value: arch },
      [`${arch}.block_count`]: u32(1),
      [`${arch}.context_length`]: u32(64),
      [`${arch}.embedding_length`]: u32(32),
      [`${arch}.feed_forward_length`]: u32(32),
      [`${arch}.attention.head_count`]: u32(2),
      [`${arch}.attention.head_count_kv`]: u32(1),
      [`${arch}.attention.layer_norm_rms_epsilon`]: { type: 'f32', value: 1e-5 },
      'tokenizer.ggml.model': { type: 'text', value: tokenizer },
      'tokenizer.ggml.pre': { type: 'text', value: 'smollm' },
      'tokenizer.ggml.tokens': texts(['<s>', 'a', 'b', 'ab', '<0x0A>']),
      'tokenizer.ggml.token_type': { type: 'i32s', value: [3, 1, 1, 1, 6] },
      'tokenizer.ggml.scores': { type: 'f32s', value: [0, -1, -2, -3, 0] },
      'tokenizer.ggml.merges': texts(['a b']),
      'tokenizer.ggml.bos_token_id': u32(0),
      'tokenizer.ggml.add_bos_token': { type: 'bool', value: 1 },
    },
    [
      f32('token_embd.weight', [5, 32]),
      f32('blk.0.attn_q.weight', [32, 4]),
      { name: 'blk.0.ffn_up.weight', shape: [2, 32], type: 3, bytes: new Uint8Array(40) },
      { name: 'blk.0.ffn_down.weight', shape: [1, 256], type: 14, bytes: new Uint8Array(210) },
    ],
  );
}
