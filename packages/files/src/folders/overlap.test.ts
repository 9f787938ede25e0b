import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isTaken, overlap, overlapProblem } from './overlap.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-overlap-'));
  await mkdir(at('model'));
  await writeFile(at('model/config.json'), '{}');
  await symlink(at('model'), at('link'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['model', 'model', 'same'],
  ['model/', 'model', 'same'],
  ['link', 'model', 'same'],
  ['model', 'link', 'same'],
  ['model/new/out', 'model', 'inside'],
  ['link/out', 'model', 'inside'],
  ['.', 'model', 'around'],
  ['model', 'model/config.json', 'around'],
  ['model2', 'model', undefined],
  ['out', 'model', undefined],
  ['model/../out', 'link', undefined],
])('compares the output %s with the input %s', async (output, input, expected) => {
  expect(await overlap(at(output), at(input))).toBe(expected);
});

it('says how an output and the inputs of a command lie to each other', async () => {
  const [model, name] = [at('model'), at('a-name')];
  expect(await overlapProblem(model, [name, model])).toBe(`${model} is read by the same command`);
  expect(await overlapProblem(at('model/new'), [model])).toMatch(
    /^it lies in .*model, which the same command/,
  );
  expect(await overlapProblem(folder, [model])).toMatch(/^it contains .*model, which the same command/);
  expect(await overlapProblem(name, [name, model])).toBeUndefined();
  expect(await overlapProblem(name, [model], [name])).toContain('is read');
});

it('finds what has a name, also a link that leads nowhere', async () => {
  await symlink(at('nowhere'), at('dangling'));
  for (const name of ['model', 'model/config.json', 'link', 'dangling'])
    expect(await isTaken(at(name))).toBe(true);
  for (const name of ['none', 'model/config.json/x', 'dangling/x'])
    expect(await isTaken(at(name))).toBe(false);
});
