import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);
const wasm = ['--backend', 'wasm', '--quiet'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-heal-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
  await mkdir(at('test'));
  await writeFile(at('test/text.txt'), tinyText);
  const small = ['--blocks', '8', '--length', '32', '--epochs', '1'];
  await grasp('prune', at('model'), '--calib', at('text.txt'), '--out', at('pruned'), ...small, ...wasm);
});
afterAll(() => rm(folder, { recursive: true }));

const settings = [
  '--dtype',
  'float32',
  '--length',
  '32',
  '--tokens',
  '512',
  '--held-out',
  '2',
  '--eval-every',
  '2',
];
const heal = (out: string, ...more: string[]) =>
  grasp(
    'heal',
    at('pruned'),
    '--teacher',
    at('model'),
    '--text',
    at('text.txt'),
    '--out',
    at(out),
    ...settings,
    ...wasm,
    ...more,
  );

it('writes a healed model with its record, card and report, and says what it did', async () => {
  const { code, out, err } = await heal('healed', '--eval', at('test/text.txt'), '--window', '64');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('4 steps, 512 tokens');
  const names = readdirSync(at('healed'));
  for (const name of [
    'README.md',
    'grasp-heal.json',
    'grasp-mask.json',
    'grasp.json',
    'heal.html',
    'model.safetensors',
    'report.html',
    'tokenizer.json',
  ])
    expect(names).toContain(name);
  const record = JSON.parse(await readFile(at('healed/grasp-heal.json'), 'utf8'));
  expect(record.steps).toHaveLength(4);
  expect(record.curve.map(({ step }: { step: number }) => step)).toEqual([0, 2, 4]);
  expect(record.curve.at(-1).perplexity).toBeLessThan(record.curve[0].perplexity);
  expect((await grasp('report', at('healed'))).err).toContain(`${at('healed/heal.html')} shows the healing`);
  const card = await readFile(at('healed/README.md'), 'utf8');
  expect(card).toContain('## Healing');
  expect(card.indexOf('## Healing')).toBeLessThan(card.indexOf('## Limits'));
  const { code: opened } = await grasp('inspect', at('healed'));
  expect(opened).toBe(0);
  expect(readdirSync(folder)).not.toContain('healed.state');
});

it('gives the same bytes for the same seed, and machines one document', async () => {
  const { out, err } = await heal('again', '--json', '--eval', at('test/text.txt'), '--window', '512');
  expect(err).toBe(
    "warning: --window 512 is longer than the model's context. Perplexity is measured on windows of 256 tokens.",
  );
  expect(JSON.parse(out).steps).toHaveLength(4);
  expect(await readFile(at('again/model.safetensors'))).toEqual(
    await readFile(at('healed/model.safetensors')),
  );
});

it('trains on several texts by weight, and stops when the curve does not improve', async () => {
  await writeFile(at('other.txt'), tinyText.split('').reverse().join(''));
  const more = ['--text', at('other.txt'), '--text-weights', '3,1'];
  const stop = ['--learning-rate', '1', '--patience', '1', '--eval-every', '1', '--tokens', '4096'];
  const { code, out } = await heal('mixed', ...more, ...stop, '--json');
  expect(code).toBe(0);
  const record = JSON.parse(out);
  expect(record.data.training.description).toContain('mixed with');
  expect(record.steps.length).toBeLessThan(32);
});

it('refuses what does not fit', async () => {
  const refusal = async (...flags: string[]) => {
    const { code, err } = await heal('refused', ...flags);
    return { code, err };
  };
  expect(await refusal('--length', '100000')).toMatchObject({
    code: 2,
    err: expect.stringContaining("model's context"),
  });
  expect(await refusal('--text', folder)).toMatchObject({ err: expect.stringContaining('it is a folder') });
  expect(await refusal('--text-weights', '1,2')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--text-weights'),
  });
  expect(await refusal('--held-out', '1000')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--held-out'),
  });
  expect(await refusal('--tokens', 'many')).toMatchObject({ code: 2 });
  expect(await refusal('--tokens', '100B')).toMatchObject({ code: 2, err: expect.stringContaining('1B') });
  expect(await refusal('--patience', '1', '--held-out', '0')).toMatchObject({
    code: 2,
    err: expect.stringContaining('held-out'),
  });
  expect(await refusal('--teacher', at('pruned'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('the pruned model itself'),
  });
  expect(await refusal('--eval', at('test/text.txt'), '--window', '1')).toMatchObject({
    code: 2,
    err: expect.stringContaining("option '--window"),
  });
  expect(await refusal('--teacher-cache', at('refused/cache'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('it contains'),
  });
  const { code, err } = await heal(join('pruned', 'inside'));
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('it lies in') });
  expect(readdirSync(folder)).not.toContain('refused');
});

it('leaves a file in the place of the saved state, and says so before any work, also of a pruning', async () => {
  await writeFile(at('taken.state'), 'mine');
  const prune = ['prune', at('model'), '--calib', at('text.txt'), '--blocks', '8', '--length', '32'];
  for (const run of [
    () => heal('taken'),
    () => heal('taken', '--restart'),
    () => grasp(...prune, '--heal-tokens', '512', '--out', at('taken'), ...wasm),
  ])
    expect(await run()).toMatchObject({
      code: 5,
      err: expect.stringContaining('Move it, or choose another'),
    });
  expect(await readFile(at('taken.state'), 'utf8')).toBe('mine');
  expect(readdirSync(folder).filter((name) => name.startsWith('taken'))).toEqual(['taken.state']);
});

it('says in a dry run what it would do, and writes nothing', async () => {
  const asked = ['heal', at('pruned'), '--teacher', at('model'), '--text', at('text.txt'), '--dry-run'];
  const before = readdirSync(folder);
  const { code, out, err } = await grasp(...asked, ...settings, ...wasm);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(
    /^model .*\nteacher .*\ntext .*\nheld out .*\nengine .*\nhealing {3}4 steps, 512 tokens, about /,
  );
  const lora = await grasp(...asked, ...settings, ...wasm, '--train', 'lora', '--json');
  expect(JSON.parse(lora.out)).toMatchObject({ steps: 4, tokens: 512, settings: { train: 'lora' } });
  expect(readdirSync(folder)).toEqual(before);
  const swapped = await grasp('heal', at('model'), '--teacher', at('model'), ...asked.slice(4));
  expect(swapped).toMatchObject({ code: 2, err: expect.stringContaining('the pruned model itself') });
});

it('needs an output folder', async () => {
  const { code, err } = await grasp('heal', at('pruned'), '--teacher', at('model'), '--text', at('text.txt'));
  expect(code).toBe(2);
  expect(err).toContain('Add --out FOLDER');
});
