import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { decoderConfig, expectedTensors } from '@grasp/decoder';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-prune-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const small = ['--blocks', '8', '--length', '32', '--epochs', '2', '--window', '64', '--backend', 'wasm'];
const prune = (out: string, ...more: string[]) =>
  grasp('prune', at('model'), '--calib', at('text.txt'), '--out', at(out), ...small, ...more);

describe('grasp prune', () => {
  it('writes a smaller model with its record, and says what it did', async () => {
    const { code, out, err } = await prune('first', '--eval', at('text.txt'));
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
    const { code, out, err } = await prune('second', '--eval', at('text.txt'), '--json', '--quiet');
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
      expect({ code, err }).toEqual({ code: 0, err: '' });
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
    expect(await refusal('--method', at('missing.mjs'))).toContain('cannot be loaded');
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
    const { err } = await prune('dry', '--dry-run', '--eval', at('text.txt'), '--window', '4096');
    expect(err).toContain('--window 4096 is longer');
  });
});

describe('grasp prune refuses', () => {
  /** What a refused run must leave behind: nothing. */
  const refused = async (name: string, run: Promise<{ code: number; out: string; err: string }>) => {
    const { code, out, err } = await run;
    expect(out).toBe('');
    expect((await readdir(folder)).filter((entry) => entry.startsWith(name))).toEqual([]);
    return { code, err };
  };
  const damaged = async (name: string, damage: (folder: string) => Promise<void>) => {
    await writeCheckpoint(tinyLlama(), at(name));
    await damage(at(name));
    return refused('out', grasp('prune', at(name), '--calib', at('text.txt'), '--out', at('out'), ...small));
  };

  it.each([
    [['--keep', '0'], 2, 'keep'],
    [['--keep', '1.01'], 2, 'keep'],
    [['--keep', 'half'], 2, 'keep'],
    [['--projection', 'best'], 2, 'projection'],
    [
      ['--keep', '0.01'],
      4,
      '--keep 0.01 is too small: the units that must be kept need 0.2125. Use --keep 0.2125 or more, or a lower --minimum.',
    ],
    [['--params', '100'], 4, '--params 100 is too small'],
    [['--length', '4096'], 2, '--length 4096 is longer than'],
  ])('%s with exit code %i', async (flags, exitCode, hint) => {
    const { code, err } = await refused('bad', prune('bad', ...flags));
    expect(code).toBe(exitCode);
    expect(err).toContain(hint);
  });

  it('flat settings of earlier releases in a config file, with their new names', async () => {
    await writeFile(at('old.json'), JSON.stringify({ keep: 0.5, recover: 0.3, calib: [at('text.txt')] }));
    const { code, err } = await refused('bad', prune('bad', '--config', at('old.json')));
    expect(code).toBe(2);
    expect(err).toContain(
      `old.json: settings are in groups. "keep" is now "budget.keep"; "recover" is now "refit.compensation".`,
    );
  });

  it('a latency table that is no table, by its file', async () => {
    await writeFile(at('table.json'), '{');
    const flags = ['--latency', at('table.json'), '--latency-share', '0.8'];
    const { code, err } = await refused('bad', prune('bad', ...flags));
    expect({ code, named: err.includes('table.json: ') }).toEqual({ code: 2, named: true });
    await writeFile(at('table.json'), '{}');
    expect((await refused('bad', prune('bad', ...flags))).err).toContain(
      'table.json: format: it must be "grasp-latency"; found nothing',
    );
  });

  it('unknown settings in a config file, also after a byte order mark', async () => {
    await writeFile(at('typo.json'), `\uFEFF${JSON.stringify({ kepp: 0.5 })}`);
    const { code, err } = await refused('bad', prune('bad', '--config', at('typo.json')));
    expect(code).toBe(2);
    expect(err).toContain('kepp');
  });

  it('a state that is damaged, forged or no file, before it reads texts', async () => {
    const state = at('forged.state');
    const forged = (body: string) =>
      `grasp-run-state 2 ${createHash('sha256').update(body).digest('hex')}\n${body}`;
    const none = ['prune', at('model'), '--calib', at('no.txt'), '--out', at('forged'), ...small];
    for (const [text, problem] of [
      ['mine', 'not the saved state of a run'],
      ['grasp-run-state 2 0\n{}\n', 'damaged'],
      [forged('null\n'), 'damaged'],
      [forged('{"identity":{},"perplexity":{},"stages":[{"stage":"gates","bytes":-1}]}\n'), 'damaged'],
      [forged('{"identity":{},"perplexity":{},"stages":[{"stage":"gates","bytes":9}]}\nx'), 'damaged'],
      [forged('{"identity":5,"perplexity":{},"stages":[]}\n'), 'damaged'],
    ] as const) {
      await writeFile(state, text);
      expect(await grasp(...none)).toMatchObject({ code: 5, err: expect.stringContaining(problem) });
    }
    await rm(state);
    await mkdir(state);
    expect(await grasp(...none)).toMatchObject({
      code: 5,
      err: expect.stringContaining('a folder has the name'),
    });
    await rm(state, { recursive: true });
  });

  it('a loss on replies without conversations, by the flag of the stage', async () => {
    for (const [stage, ...flags] of [
      ['', '--loss-on', 'replies'],
      ['heal-', '--heal-loss-on', 'replies', '--heal-tokens', '256'],
    ] as const) {
      const { code, err } = await refused('bad', prune('bad', ...flags));
      expect(code).toBe(2);
      expect(err).toMatch(new RegExp(`^grasp: --${stage}loss-on replies: .* Use --${stage}loss-on all\\.$`));
    }
  });

  it('missing, empty and too short text', async () => {
    await writeFile(at('empty.txt'), '');
    await writeFile(at('short.txt'), 'short');
    for (const name of ['no.txt', 'empty.txt', 'short.txt']) {
      const run = grasp('prune', at('model'), '--calib', at(name), '--out', at('bad'), ...small);
      const { code, err } = await refused('bad', run);
      expect(code).toBe(3);
      expect(err).toContain(name);
    }
  });

  it('a folder that holds something', async () => {
    await mkdir(at('mine'));
    await writeFile(at('mine/notes.txt'), 'mine');
    const { code, err } = await prune('mine');
    expect(code).toBe(5);
    expect(err).toContain('not empty');
    expect(await readdir(at('mine'))).toEqual(['notes.txt']);
  });

  it('truncated weights', async () => {
    const { code, err } = await damaged('cut', (path) => truncate(join(path, 'model.safetensors'), 20_000));
    expect(code).toBe(3);
    expect(err).toContain('model.safetensors');
  });

  it('a model of seven billion parameters with one wrong shape, from headers alone', async () => {
    const config = {
      model_type: 'llama',
      hidden_size: 4096,
      intermediate_size: 11008,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      vocab_size: 32000,
    };
    const wrong = 'model.layers.17.mlp.up_proj.weight';
    let end = 0;
    const header: Record<string, unknown> = {};
    for (const { name, shape, optional } of expectedTensors(decoderConfig(config))) {
      if (optional) continue;
      const found = name === wrong ? [11007, 4096] : shape;
      const start = end;
      end += 2 * found.reduce((a, b) => a * b);
      header[name] = { dtype: 'BF16', shape: found, data_offsets: [start, end] };
    }
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(json.length));
    await mkdir(at('large'));
    await writeFile(at('large/config.json'), JSON.stringify(config));
    const weights = at('large/model.safetensors');
    await writeFile(weights, Buffer.concat([prefix, json]));
    await truncate(weights, prefix.length + json.length + end); // 13.5 GB that take no room
    const run = grasp('prune', at('large'), '--calib', at('text.txt'), '--out', at('out'), ...small);
    const { code, err } = await refused('out', run);
    expect(code).toBe(3);
    expect(err).toContain(`"${wrong}" has shape [11007, 4096]; config.json asks for [11008, 4096]`);
    await rm(at('large'), { recursive: true });
  });

  it('weights that are not numbers', async () => {
    const { code, err } = await damaged('nan', async (path) => {
      const file = join(path, 'model.safetensors');
      const bytes = await readFile(file);
      bytes.writeFloatLE(Number.NaN, bytes.length - 4);
      await writeFile(file, bytes);
    });
    expect(code).toBe(3);
    expect(err).toContain('NaN');
  });

  it('an architecture it does not know, by name', async () => {
    const { code, err } = await damaged('gpt', async (path) => {
      const file = join(path, 'config.json');
      await writeFile(file, (await readFile(file, 'utf8')).replace('"llama"', '"gpt_neox"'));
    });
    expect(code).toBe(3);
    expect(err).toMatch(/gpt_neox.*llama/);
  });

  it('a model without a tokenizer', async () => {
    const { code, err } = await damaged('mute', (path) => rm(join(path, 'tokenizer.json')));
    expect(code).toBe(3);
    expect(err).toContain('tokenizer');
  });
});
