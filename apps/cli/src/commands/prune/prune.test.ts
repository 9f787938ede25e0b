import { createHash } from 'node:crypto';
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
      expect(err).toMatch(
        new RegExp(`^grasp: --${stage}loss-on replies: .* Use --${stage}loss-on all\\.$`, 'm'),
      );
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

  it.each([
    ['--method', 'no.mjs'],
    ['--mask', 'no.json'],
    ['--mask', 'no.safetensors'],
  ])('a missing file of %s', async (flag, name) => {
    const { code, err } = await refused('bad', prune('bad', flag, at(name)));
    expect(code).toBe(2);
    expect(err).toContain(`grasp: ${flag} ${at(name)}: there is no such file.`);
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
