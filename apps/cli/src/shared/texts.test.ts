import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSettings } from '@grasp/prune';
import { describe, expect, it } from 'vitest';
import { keptTerminal } from '../../test/grasp.js';
import { readTexts } from './run/read-texts.js';
import { showFewerHeldOut, showShorterWindows, textNames, textSource, warnOfMeasuredText } from './texts.js';

const { signal } = new AbortController();

it('reads the text of a file from the column that is asked for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-texts-'));
  const path = join(folder, 'a.jsonl');
  try {
    await writeFile(path, '{"text":"no","body":"yes"}\n');
    const rows: string[] = [];
    for await (const row of textSource(path, 'train', { column: 'body', signal }).rows()) rows.push(row);
    expect(rows).toEqual(['yes']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('finds a file that cannot be copied before the work', async () => {
  const read = async () => {
    throw new Error('damaged');
  };
  const model = { checkpoint: { files: [{ name: 'tokenizer.json', read }] } };
  const options = { settings: { text: {} } };
  await expect(readTexts(options as never, model as never, {} as never)).rejects.toThrow('damaged');
});

it('warns of a file that is read and measured, but not of a corpus, which has splits', () => {
  const { terminal, said } = keptTerminal();
  const here = fileURLToPath(import.meta.url);
  warnOfMeasuredText(['wikitext2', here], ['wikitext2', relative(process.cwd(), here)], terminal);
  expect(said().err).toBe(
    `warning: the run learns from ${relative(process.cwd(), here)}, so its perplexity there says little. Measure on other text.`,
  );
});

describe('textNames', () => {
  it.each([
    [
      ['a/x.txt', 'b/y.txt'],
      ['x.txt', 'y.txt'],
    ],
    [
      ['a/x.txt', 'b/x.txt', 'c.txt'],
      ['a/x.txt', 'b/x.txt', 'c.txt'],
    ],
    [
      ['x.txt', './x.txt'],
      ['x.txt', 'x.txt'],
    ],
  ])('names %j', (paths, names) => {
    expect(textNames(paths)).toEqual(names);
  });
});

it.each(['wikitext3', 'no.txt', 'wikitext3:test'])(
  'lists the corpora where %s is neither a file nor one of them',
  (name) => {
    expect(() => textSource(name, 'train', { signal })).toThrow(
      `${name}: there is no such file, and no corpus of that name. Corpora: wikitext2, ptb, c4.`,
    );
  },
);

it('tells that windows are shorter than asked for, once they are measured', () => {
  const told = (options: { eval: readonly string[]; window?: number }) => {
    const { terminal, said } = keptTerminal();
    showShorterWindows(options, { contextLength: 256 }, terminal);
    return said().err;
  };
  expect(told({ eval: ['a.txt'], window: 257 })).toBe(
    "warning: --window 257 is longer than the model's context. Perplexity is measured on windows of 256 tokens.",
  );
  expect(told({ eval: ['a.txt'], window: 256 })).toBe('');
  expect(told({ eval: ['a.txt'] })).toBe('');
  expect(told({ eval: [], window: 257 })).toBe('');
});

it('tells that fewer blocks are held out than asked for', () => {
  const told = (blocks: number, available: number, changes: object = {}) => {
    const { terminal, said } = keptTerminal();
    const settings = parseSettings({ heldOut: { blocks }, ...changes });
    showFewerHeldOut(settings, { shape: [available, 8] }, terminal);
    return said().err;
  };
  expect(told(8, 32)).toBe(
    'warning: --held-out-blocks 8: at most one block in 16 is held out, 2 of the 32 blocks here. Give more text, or hold out 2.',
  );
  expect(told(2, 32)).toBe('');
  expect(told(8, 32, { scales: { epochs: 0 } })).toBe(''); // has no effect, which is told elsewhere
  expect(told(4, 32, { method: 'grasp+' })).toBe(''); // its default
  expect(told(5, 32, { method: 'grasp+' })).toContain('--held-out-blocks 5');
});
