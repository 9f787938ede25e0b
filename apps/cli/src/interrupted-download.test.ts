import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keptTerminal } from '../test/grasp.js';
import { withHangingHub } from '../test/hanging-hub.js';
import { runCommand } from './program.js';
import { InterruptedError } from './shared/exit-codes.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-interrupted-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeCheckpoint(tinyLlama(), at('teacher'));
});
afterAll(() => rm(folder, { recursive: true }));

const wikitext = 'wikitext-2-raw-v1/train-00000-of-00001.parquet';
const wikitextTest = 'wikitext-2-raw-v1/test-00000-of-00001.parquet';

it.each([
  ['prune', wikitext, () => ['--calib', 'wikitext2', '--length', '32', '--dry-run']],
  [
    'heal',
    wikitext,
    () => ['--teacher', at('teacher'), '--text', 'wikitext2', '--length', '32', '--out', at('out')],
  ],
  ['eval ppl', wikitextTest, () => ['wikitext2']],
  ['eval tasks', 'data/validation-00000-of-00001.parquet', () => ['--tasks', 'piqa']],
])('stops the download of data for %s at Ctrl-C', { timeout: 20_000 }, async (command, file, flags) => {
  const stop = new AbortController();
  const { terminal, said } = keptTerminal({ signal: stop.signal });
  const argv = [...command.split(' '), at('model'), ...flags(), '--backend', 'wasm'];
  const run = () => runCommand(argv, terminal);
  const code = await withHangingHub([file], () => stop.abort(new InterruptedError()), run);
  expect({ code, ...said() }).toEqual({ code: 130, out: '', err: expect.stringContaining('Interrupted.') });
});
