import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { hasShared, hasSmollm2, sharedPath, smollm2Path } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTokenizerFits, loadTokenizer } from './load-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

interface Reference {
  readonly token_ids_int32_le_sha256: Record<string, { readonly count: number; readonly sha256: string }>;
}

/** A data file as Python's text mode reads it: wiki.test.raw ends its lines with CR LF. */
async function text(path: string): Promise<string> {
  return (await readFile(sharedPath('data', path), 'utf8')).replaceAll('\r\n', '\n');
}

/** Row conventions of the reference: a blank row is the empty string; wiki.test.raw keeps other rows' newlines. */
async function rows(path: string, keepNewlines: boolean): Promise<string> {
  const lines = (await text(path)).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const kept = keepNewlines ? lines.map((line) => (line.trim() === '' ? '' : `${line}\n`)) : lines;
  return kept.join('\n\n');
}

describe.skipIf(!hasShared || !hasSmollm2)('ids of SmolLM2 from its GGUF metadata', () => {
  let checkpoint: Checkpoint;
  let tokenizer: Tokenizer;
  let expected: Reference['token_ids_int32_le_sha256'];

  beforeAll(async () => {
    checkpoint = await openCheckpoint(smollm2Path);
    tokenizer = await loadTokenizer(checkpoint);
    const reference: Reference = JSON.parse(await readFile(sharedPath('reference/smollm2.json'), 'utf8'));
    expected = reference.token_ids_int32_le_sha256;
  });
  afterAll(() => checkpoint.close());

  it.each([
    ['wiki.test.raw rows joined', () => rows('wikitext-2-raw/wiki.test.raw', true)],
    ['wiki.test.raw as one string', () => text('wikitext-2-raw/wiki.test.raw')],
    ['valid.txt rows joined', () => rows('wikitext-2-tokens/valid.txt', false)],
    ['ptb.test.txt rows joined', () => rows('ptb/ptb.test.txt', false)],
  ])('%s: as the reference implementation gives them', async (name, read) => {
    const ids = await tokenizer.encode(await read());
    expect({ count: ids.length, sha256: sha256(ids) }).toEqual(expected[name]);
  });

  it('has an embedding for every id', () => {
    expect(tokenizer.vocabSize).toBe(49_152);
    checkTokenizerFits(tokenizer, checkpoint.tensors.get('model.embed_tokens.weight')!.shape[0]!);
    expect(tokenizer.tokenId('<|im_end|>')).toBe(2);
  });
});

function sha256(ids: Int32Array): string {
  return createHash('sha256').update(new Uint8Array(ids.buffer)).digest('hex');
}
