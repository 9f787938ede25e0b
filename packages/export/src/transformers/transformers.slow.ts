import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { loadDecoder, openDecoderCheckpoint } from '@grasp/decoder';
import { toleranceOf } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architectureFixture, fixtureNames } from '../../../decoder/test/architecture-fixtures.js';
import { type Keep, madeUpModel, masks, prunedBy, someText } from '../../test/made-up-model.js';
import { forTransformers } from '../index.js';

/** Python interpreters with torch, transformers and peft (lm_eval as well, if to be tested): a list like PATH. */
const pythons = (process.env.GRASP_PYTHON ?? '').split(delimiter).filter(Boolean);
const required = process.env.GRASP_REQUIRE_PYTHON === '1';
const script = fileURLToPath(new URL('../../test/python/check_transformers.py', import.meta.url));

/** Tokens of the greedy continuation of every model. */
const CONTINUATION = 8;

const about = masks['about half']!;
const uniform: Keep = (_layer, kind, index) => index < (kind === 'kv' ? 1 : 7);

/** What is left of a fixture: a pattern for each, in turn, since every folder takes seconds. */
function patternOf(name: string, turn: number, tensors: Iterable<string>): Keep {
  if (name === 'phi3-longrope-short') return uniform; // a form of its own: transformers' config refuses this one
  // A sublayer whose output has a bias cannot go whole.
  if ([...tensors].some((tensor) => /(o|down)_proj\.bias$/.test(tensor))) return about;
  return [about, masks['first layer empty']!, uniform, masks.everything!][turn % 4]!;
}

/** What the script prints of a folder: largest differences of logits. */
interface Result {
  readonly folder: string;
  /** Whether this transformers is older than the one that the folder needs. */
  readonly skipped?: boolean;
  readonly transformers: string;
  readonly class: string;
  /** With the attention that config.json asks for. */
  readonly default?: number;
  readonly default_cached?: number;
  readonly sdpa?: number;
  readonly sdpa_cached?: number;
  readonly eager: number;
  readonly eager_cached?: number;
  readonly continuation_equal?: boolean;
  readonly reloaded: number;
  readonly peft: number;
  readonly lm_eval?: number;
}

describe.skipIf(pythons.length === 0 && !required)('transformers', () => {
  let root: string;
  const folders: string[] = [];

  beforeAll(async () => {
    await tf.setBackend('wasm');
    root = await mkdtemp(join(tmpdir(), 'grasp-transformers-'));
    for (const model_type of ['llama', 'mistral', 'qwen2', 'qwen3'] as const) {
      const dense = madeUpModel({ model_type, tie_word_embeddings: model_type === 'qwen3' });
      // What the architectures share is tried on one of them.
      const chosen =
        model_type === 'llama' ? Object.keys(masks) : ['about half', 'first layer empty', 'one shape'];
      for (const name of chosen) {
        const keep = masks[name]!;
        const folder = join(root, `${model_type}, ${name}`.replaceAll(/\W+/g, '-'));
        await writeCheckpoint(forTransformers(prunedBy(dense, keep)), folder);
        await writeFile(join(folder, 'expected.json'), JSON.stringify(await ourNumbers(folder)));
        folders.push(folder);
      }
    }
    for (const [turn, name] of fixtureNames.entries()) folders.push(await writeFixture(name, turn));
  });
  afterAll(() => rm(root, { recursive: true }));

  /** Writes a fixture, pruned, and the numbers beside it. @returns the folder */
  async function writeFixture(name: string, turn: number): Promise<string> {
    const fixture = await architectureFixture(name);
    const dense = await openDecoderCheckpoint(fixture.checkpoint);
    const folder = join(root, name);
    await writeCheckpoint(
      forTransformers(prunedBy(dense, patternOf(name, turn, dense.tensors.keys()))),
      folder,
    );
    const { batch, newerConfig, continuation } = fixture;
    const numbers = {
      ...(await ourNumbers(folder, { text: '', ids: batch.ids.slice(0, batch.shape[1]) })),
      // Those without a config of transformers 5 beside their own were made with it.
      since: newerConfig ? 4 : 5,
      generated: continuation.length > 0,
      // Generation forgets the keys when factors change; a forward pass with given keys does not.
      cached: continuation.length > 0 && !/"(longrope|su)"/.test(JSON.stringify(dense.config)),
    };
    await dense.close();
    await writeFile(join(folder, 'expected.json'), JSON.stringify(numbers));
    return folder;
  }

  async function ourNumbers(folder: string, { text, ids } = someText(12)) {
    const checkpoint = await openCheckpoint(folder);
    const decoder = await loadDecoder(checkpoint);
    const logits = Array.from(await decoder.under().logits({ ids, shape: [1, ids.length] }));
    const continuation: number[] = [];
    for await (const id of decoder.under().generate(ids, { maxTokens: CONTINUATION })) continuation.push(id);
    decoder.dispose();
    await checkpoint.close();
    return { text, ids: Array.from(ids), logits, continuation, since: 4, cached: true, generated: true };
  }

  it.each(pythons.length > 0 ? pythons : ['python3'])(
    'computes the same logits in %s, cached, reloaded, under peft and lm_eval',
    async (python) => {
      const { stdout } = await promisify(execFile)(python, [script, ...folders], {
        env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
        maxBuffer: 2 ** 26,
      });
      const results = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Result);
      expect(results.length).toBe(folders.length);
      for (const result of results.filter(({ skipped }) => !skipped)) {
        const { folder, reloaded, peft, continuation_equal = true } = result;
        // Three layers, each with sums of 48 + 6 + 12 + 48 + 48 + 40 terms, and the head with 48. Logits reach 20.
        // Measured on transformers 4.57.6 and 5.24: at most 1.3e-5.
        const tolerance = toleranceOf('float32', 3 * 202 + 48, 20);
        for (const mode of [
          'default',
          'default_cached',
          'sdpa',
          'sdpa_cached',
          'eager',
          'eager_cached',
        ] as const) {
          expect(result[mode] ?? 0, `${folder} ${mode}`).toBeLessThan(tolerance);
        }
        expect({ folder, reloaded, peft, continuation_equal }).toEqual({
          folder,
          reloaded: 0,
          peft: 0,
          continuation_equal: true,
        });
        if (result.lm_eval !== undefined) expect(result.lm_eval, folder).toBeLessThan(1e-3);
      }
    },
  );
});
