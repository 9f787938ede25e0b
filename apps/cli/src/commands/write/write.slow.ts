import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp, keptTerminal } from '../../../test/grasp.js';
import { runCommand } from '../../program.js';
import { InterruptedError } from '../../shared/exit-codes.js';

let folder: string;
const at = (name: string) => join(folder, name);
const write = (model: string, out: string, ...more: string[]) =>
  grasp('write', at(model), '--out', at(out), '--tokens', '600', '--backend', 'wasm', ...more);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-write-'));
  await writeFile(at('text.txt'), tinyText);
  await writeCheckpoint(tinyLlama(), at('mute'));
  await writeCheckpoint(tinyLlama(), at('plain'));
  await writeFile(at('plain/tokenizer_config.json'), JSON.stringify({ eos_token: 'e' }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('grasp write', () => {
  it('has a model write text, the same for the same seed', async () => {
    const { code, out, err } = await write('plain', 'own.jsonl');
    expect(code).toBe(0);
    expect(out).toMatch(/own\.jsonl: \d+ texts, 6\d\d tokens$/);
    expect(err).toContain('writing tokens 600/600');
    const content = await readFile(at('own.jsonl'), 'utf8');
    const texts = content
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).text as string);
    expect(texts.join('').length).toBeGreaterThan(500); // about a token a character
    expect(texts.join('')).not.toContain('e'); // which ends each text
    await write('plain', 'again.jsonl', '--quiet');
    expect(await readFile(at('again.jsonl'), 'utf8')).toBe(content);
    await write('plain', 'other.jsonl', '--seed', '7', '--quiet');
    expect(await readFile(at('other.jsonl'), 'utf8')).not.toBe(content);
  });

  it('takes turns with the text of a run', async () => {
    await write('plain', 'mix.jsonl', '--quiet');
    const small = [
      '--blocks',
      '6',
      '--length',
      '32',
      '--epochs',
      '1',
      '--backend',
      'wasm',
      '--quiet',
      '--json',
    ];
    const texts = ['--calib', at('text.txt'), '--mix', at('mix.jsonl')];
    const { code, out } = await grasp('prune', at('plain'), ...texts, '--out', at('pruned'), ...small);
    expect(code).toBe(0);
    const { gates } = JSON.parse(out).data;
    expect(gates.description).toMatch(/^3 blocks of .*text\.txt.*, in turn with 3 of .*mix\.jsonl/);
  });

  it.each([
    ['a file of another kind', 'plain', 'own.txt', 2, '.jsonl'],
    ['a folder that is missing', 'plain', 'gone/own.jsonl', 5, 'a folder of its path is missing'],
    ['a model that names no token to start with', 'mute', 'none.jsonl', 3, 'no chat template'],
  ])('refuses %s', async (_name, model, out, exit, hint) => {
    const { code, err } = await write(model, out);
    expect(code).toBe(exit);
    expect(err).not.toContain('writing tokens');
    expect(err).toContain(hint);
    expect(await readdir(folder)).not.toContain(out);
  });

  it('replaces a file only when asked to', async () => {
    await writeFile(at('kept.jsonl'), 'mine');
    expect(await write('plain', 'kept.jsonl')).toMatchObject({
      code: 5,
      err: expect.stringContaining('it exists. Add --overwrite'),
    });
    expect(await readFile(at('kept.jsonl'), 'utf8')).toBe('mine');
    expect((await write('plain', 'kept.jsonl', '--overwrite', '--quiet')).code).toBe(0);
    expect(await readFile(at('kept.jsonl'), 'utf8')).not.toBe('mine');
  });

  it('leaves nothing when interrupted', async () => {
    const stop = new AbortController();
    const { terminal } = keptTerminal({
      signal: stop.signal,
      note: () => stop.abort(new InterruptedError()),
    });
    const flags = ['--tokens', '600', '--backend', 'wasm'];
    expect(await runCommand(['write', at('plain'), '--out', at('cut.jsonl'), ...flags], terminal)).toBe(130);
    expect((await readdir(folder)).filter((name) => name.startsWith('cut'))).toEqual([]);
  });
});
