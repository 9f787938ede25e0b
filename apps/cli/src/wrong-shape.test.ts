import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grasp } from '../test/grasp.js';

const wrong = 'model.layers.1.mlp.down_proj.weight';
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-wrong-shape-'));
  const model = tinyLlama();
  const tensors = new Map(model.tensors).set(wrong, { name: wrong, dtype: 'F32', shape: [32, 47] });
  const read = async (name: string) => {
    const tensor = await model.read(name);
    return name === wrong ? { ...tensor, shape: [32, 47], data: tensor.data.slice(0, 32 * 47) } : tensor;
  };
  await writeCheckpoint({ ...model, tensors, read }, at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  'prune MODEL --calib TEXT --out OUT',
  'sweep MODEL --keep 0.8,0.5 --calib TEXT --out OUT',
  'inspect MODEL',
  'eval ppl MODEL TEXT',
  'eval tasks MODEL --data OUT',
  'export MODEL --gguf f16 --out OUT.gguf',
  'chat MODEL --prompt x',
])('a tensor that is not of the shape of config.json stops grasp %s from the headers', async (line) => {
  const names = { MODEL: at('model'), TEXT: at('text.txt'), OUT: at('out') };
  const argv = line.replace(/MODEL|TEXT|OUT/g, (name) => names[name as keyof typeof names]).split(' ');
  const { code, out, err } = await grasp(...argv);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toContain(`tensor "${wrong}" has shape [32, 47]; config.json asks for [32, 48].`);
  expect((await readdir(folder)).sort()).toEqual(['model', 'text.txt']);
});
