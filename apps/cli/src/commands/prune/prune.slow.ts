import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-prune-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
  await mkdir(at('test'));
  await writeFile(at('test/text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const small = ['--blocks', '8', '--length', '32', '--epochs', '2', '--window', '64', '--backend', 'wasm'];
const prune = (out: string, ...more: string[]) =>
  grasp('prune', at('model'), '--calib', at('text.txt'), '--out', at(out), ...small, ...more);

describe('grasp prune', () => {
  it('writes a smaller model with its record, and says what it did', async () => {
    const { code, out, err } = await prune('first', '--eval', at('test/text.txt'));
    expect(err).toContain('learning gates 16/16');
    expect(code).toBe(0);
    expect(out).toMatch(/prunable parameters .* of 50.0% allowed/);
    expect(out).toContain('perplexity, text.txt');
    expect((await readdir(at('first'))).sort()).toEqual([
      'README.md',
      'config.json',
      'grasp-mask.json',
      'grasp-output.json',
      'grasp.json',
      'model.safetensors',
      'modeling_pruned_llama.py',
      'report.html',
      'tokenizer.json',
    ]);
    const record = JSON.parse(await readFile(at('first/grasp.json'), 'utf8'));
    expect(record.budgets[0].kept).toBeLessThanOrEqual(record.budgets[0].limit);
    expect(record.losses.gates).toHaveLength(16);
    expect(record.losses.scales).toHaveLength(8);
    expect(record.settings).toMatchObject({ budget: { keep: 0.5 }, gates: { tau: 1.5 }, seed: 42 });
  });

  it('gives the same files for the same seed, and machines one document', async () => {
    const { code, out, err } = await prune('second', '--eval', at('test/text.txt'), '--json', '--quiet');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(JSON.parse(await readFile(at('first/grasp.json'), 'utf8')));
    for (const name of ['grasp-mask.json', 'model.safetensors', 'config.json']) {
      expect(await readFile(at(`second/${name}`))).toEqual(await readFile(at(`first/${name}`)));
    }
  });

  it('prunes by a module, by scores and by a mask, and gives the same mask', async () => {
    await writeFile(
      at('mine.mjs'),
      `export default { name: 'mine', needs: 'nothing',
        score: async ({ model }) => Float32Array.from({ length: model.layout.size }, (_, i) => Math.sin(i)) };`,
    );
    const plain = ['--scale-epochs', '0', '--quiet'];
    const masks: string[] = [];
    for (const [name, ...flags] of [
      ['module', '--method', at('mine.mjs')],
      ['scores', '--scores', at('module/grasp-mask.json')],
      ['mask', '--mask', at('module/grasp-mask.json')],
    ] as const) {
      const { code, err } = await prune(name, ...flags, ...plain);
      expect(code, err).toBe(0);
      // The flags of all runs of this file are for gates, and for texts that are measured.
      for (const line of err.split('\n')) expect(line).toMatch(/^warning: --(epochs|window) has no effect: /);
      masks.push(JSON.parse(await readFile(at(`${name}/grasp-mask.json`), 'utf8')).mask);
    }
    expect(new Set(masks).size).toBe(1);
    const record = JSON.parse(await readFile(at('module/grasp.json'), 'utf8'));
    expect(record).toMatchObject({ chosenBy: 'mine', settings: { choice: 'given' } });
  });

  it('refuses modules and files that hold something else', async () => {
    await writeFile(at('empty.mjs'), 'export default {};');
    const refusal = async (...flags: string[]) => (await prune('refused', ...flags)).err;
    expect(await refusal('--method', at('empty.mjs'))).toContain('no pruning method');
    expect(await refusal('--method', at('missing.mjs'))).toContain('there is no such file');
    expect(await refusal('--method', 'best')).toContain('or the path of a module');
    expect(await refusal('--scores', at('model/model.safetensors'))).toContain('no tensor "scores"');
    expect(await refusal('--mask', at('mine.mjs'))).toContain(
      'neither a safetensors file nor a grasp-mask.json',
    );
    const tooMuch = await refusal('--mask', at('module/grasp-mask.json'), '--keep', '0.3');
    expect(tooMuch).toContain('the budget allows');
    expect(tooMuch).not.toContain('to resume'); // refused before there was anything to save
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('reads what it wrote', async () => {
    const { code, out } = await grasp('inspect', at('first'), '--json');
    expect(code).toBe(0);
    const record = JSON.parse(await readFile(at('first/grasp.json'), 'utf8'));
    expect(JSON.parse(out).parameters.total).toBe(record.after.parameters);
  });

  it('takes settings from a file, and the command line over it', async () => {
    await writeFile(
      at('run.json'),
      JSON.stringify({
        ...{ model: at('model'), budget: { keep: 0.7 }, text: { blocks: 4, length: 32 } },
        ...{ gates: { epochs: 1 }, window: 64 },
      }),
    );
    const config = [
      '--config',
      at('run.json'),
      '--calib',
      at('text.txt'),
      '--keep',
      '0.8',
      '--backend',
      'wasm',
    ];
    const { code, out } = await grasp('prune', ...config, '--dry-run', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      settings: { budget: { keep: 0.8 }, text: { blocks: 4 } },
      gateSteps: 4,
    });
    expect(existsSync(at('undefined'))).toBe(false);
  });

  it('forecasts in a dry run and writes nothing', async () => {
    const { code, out } = await prune('dry', '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('16 steps for gates, 8 for scales');
    expect(existsSync(at('dry'))).toBe(false);
    const { err } = await prune('dry', '--dry-run', '--eval', at('test/text.txt'), '--window', '4096');
    expect(err).toContain('--window 4096 is longer');
  });
});
