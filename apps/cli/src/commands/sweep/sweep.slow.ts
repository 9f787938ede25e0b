import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { importancePlan } from '@grasp/prune';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp, keptTerminal } from '../../../test/grasp.js';
import { runCommand } from '../../program.js';
import { InterruptedError } from '../../shared/exit-codes.js';
import type { Curve } from './curve-file.js';
import { sweepOf } from './points.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-sweep-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
  await mkdir(at('test'));
  await writeFile(at('test/text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

const text = () => ['--calib', at('text.txt'), '--eval', at('test/text.txt')];
const small = [
  ...['--blocks', '4', '--length', '16', '--epochs', '1', '--window', '32', '--eval-windows', '1'],
  ...['--backend', 'wasm'],
];
const sweep = (out: string, ...more: string[]) =>
  grasp('sweep', at('model'), '--out', at(out), ...text(), ...small, ...more);
const curveOf = async (out: string) => JSON.parse(await readFile(at(`${out}/sweep.json`), 'utf8')) as Curve;

describe('grasp sweep', () => {
  it('learns once, reports every budget, and exports any of them later without learning again', async () => {
    const { code, out, err } = await sweep('keep', '--keep', '0.5,0.8,0.6');
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('perplexity, text.txt');
    expect(err.match(/learning gates 4\/4/g)).toHaveLength(1);
    const curve = await curveOf('keep');
    expect(curve.learnedAt).toBe('keep-0.5');
    expect(curve.points.map(({ settings }) => settings.budget.keep)).toEqual([0.8, 0.6, 0.5]);
    for (const { budgets, settings } of curve.points) {
      const [{ kept, limit, total }] = budgets as [(typeof budgets)[0]];
      expect(kept).toBeLessThanOrEqual(limit);
      expect(limit).toBeCloseTo(settings.budget.keep! * total, 9);
    }

    const again = await sweep('keep', '--keep', '0.8,0.6,0.5', '--export', '0.6');
    expect(again.code).toBe(0);
    expect(again.err).not.toContain('learning gates');
    expect(await readdir(at('keep/keep-0.6'))).toContain('report.html');
    expect(again.err.match(/calibrating scales 4\/4/g)).toHaveLength(1); // of the point that is written
    expect((await readdir(at('keep'))).sort()).toEqual(['keep-0.6', 'scores.state', 'sweep.json']);
    expect(await curveOf('keep')).toEqual(curve);
    const written = JSON.parse(await readFile(at('keep/keep-0.6/grasp.json'), 'utf8'));
    expect(written).toMatchObject(curve.points[1]!);
  });

  it('keeps the points that are measured already, if a run with a new one is stopped', async () => {
    const before = await curveOf('keep');
    const stop = new AbortController();
    const { terminal } = keptTerminal({
      signal: stop.signal,
      note: (line) => {
        if (line === 'Point keep-0.7') stop.abort(new InterruptedError());
      },
    });
    const argv = [
      'sweep',
      at('model'),
      '--out',
      at('keep'),
      ...text(),
      ...small,
      '--keep',
      '0.8,0.7,0.6,0.5',
    ];
    expect(await runCommand(argv, terminal)).toBe(130);
    expect(await curveOf('keep')).toEqual(before);
  });

  it('removes what runs left that were killed as they wrote the curve, gave a model its name, or took the lock', async () => {
    const before = (await readdir(at('keep'))).sort();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const holder = JSON.stringify({ host: hostname(), pid, started: null });
    await writeFile(at('keep/sweep.json.0123456789abcdef.partial'), '{');
    await writeFile(at('keep/keep-0.6.lock'), holder);
    await writeFile(at('keep/sweep.lock.01234567-89ab-cdef-0123-456789abcdef'), holder);
    expect((await sweep('keep', '--keep', '0.8,0.6,0.5', '--export', '0.6')).code).toBe(0);
    expect((await readdir(at('keep'))).sort()).toEqual(before);
  });

  it('keeps a model that is there already, and says nothing about it if quiet', async () => {
    const record = at('keep/keep-0.6/grasp.json');
    const before = (await stat(record)).mtimeMs;
    const again = await sweep('keep', '--keep', '0.8,0.6,0.5', '--export', '0.6', '--quiet');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect((await stat(record)).mtimeMs).toBe(before);
    expect(again.out).toContain(`Written to ${at('keep/keep-0.6')}`);

    const overwritten = await sweep('keep', '--keep', '0.8,0.6,0.5', '--export', '0.6', '--overwrite');
    expect(overwritten.code).toBe(0);
    expect((await stat(record)).mtimeMs).toBeGreaterThan(before);
  });

  it('refuses an export in the place of another model before it learns', async () => {
    await writeCheckpoint(tinyLlama(), at('keep/keep-0.55'));
    const place = ['keep', '--keep', '0.8,0.55,0.5', '--export', '0.55'] as const;
    for (const restart of [[], ['--restart']]) {
      const { code, err } = await sweep(...place, ...restart);
      expect(code).toBe(5);
      expect(err).toContain('keep-0.55');
      expect(err).not.toContain('Learning scores');
    }
    await rm(at('keep/keep-0.55'), { recursive: true });
  });

  it('removes the models of scores that a restart discards, and nothing else', async () => {
    const points = ['stale', '--keep', '0.8,0.5'] as const;
    await sweep(...points, '--export', '0.8,0.5');
    await cp(at('stale/keep-0.8'), at('stale/keep-0.8-mine'), { recursive: true });
    await cp(at('stale/keep-0.8'), at('stale/keep-0.7'), { recursive: true }); // not the budget of its record
    await writeFile(at('stale/keep-0.5/notes.txt'), 'mine');
    const refused = await sweep(...points, '--restart');
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('notes.txt') });
    expect(refused.err).not.toContain('Learning scores');
    await rm(at('stale/keep-0.5/notes.txt'));
    const before = await readFile(at('stale/keep-0.5/grasp.json'), 'utf8');
    const again = await sweep(...points, '--restart', '--minimum', '2', '--export', '0.5');
    expect(again.code).toBe(0);
    expect(again.err).toContain(`Removing ${at('stale/keep-0.8')}: it was exported from the scores`);
    expect((await readdir(at('stale'))).sort()).toEqual([
      ...['keep-0.5', 'keep-0.7', 'keep-0.8-mine', 'scores.state', 'sweep.json'],
    ]);
    expect(await readFile(at('stale/keep-0.5/grasp.json'), 'utf8')).not.toBe(before);
  });

  it('says where the scores were learned if another smallest budget cannot use them', async () => {
    await sweep('hint', '--keep', '0.8,0.5');
    const { code, err } = await sweep('hint', '--keep', '0.8,0.3');
    expect({ code, err }).toMatchObject({ code: 5 });
    expect(err).toContain('learned at keep-0.5. With --learn-at 0.5, they serve all points.');
    expect((await sweep('hint', '--keep', '0.8,0.3', '--learn-at', '0.5')).code).toBe(0);
  });

  it('discards the points of other scores before it learns anew', async () => {
    await sweep('anew', '--keep', '0.8,0.5');
    const stop = new AbortController();
    const note = (line: string) => {
      if (line.startsWith('Learning scores')) stop.abort();
    };
    const argv = [
      'sweep',
      at('model'),
      '--out',
      at('anew'),
      ...text(),
      ...small,
      '--keep',
      '0.8,0.5',
      '--restart',
    ];
    expect(await runCommand(argv, keptTerminal({ signal: stop.signal, note }).terminal)).not.toBe(0);
    expect(await readdir(at('anew'))).not.toContain('sweep.json');
  });

  it('is a run like any other at the budget that scores are learned under', async () => {
    const one = await grasp('prune', at('model'), '--out', at('one'), ...text(), ...small, '--keep', '0.5');
    expect(one.code).toBe(0);
    const record = JSON.parse(await readFile(at('one/grasp.json'), 'utf8'));
    expect(record).toMatchObject((await curveOf('keep')).points[2]!);
  });

  it('plans importance by the budget that is learned under, at every budget', async () => {
    const { points, learning } = await sweepOf(
      { model: 'm', calib: ['t'], method: 'grasp+', keep: ['0.7', '0.5'] },
      {},
    );
    const plans = [learning, ...points].map(({ settings }) => importancePlan(settings));
    expect(importancePlan({ importance: {}, budget: { keep: 0.7, flopsContext: 1 } })).not.toEqual(plans[0]);
    for (const plan of plans) expect(plan).toEqual(plans[0]);
  });

  it('takes the budget of the config file as the one point, and flags over it', async () => {
    await writeFile(at('budget.json'), JSON.stringify({ budget: { params: '80M', kvBytes: 0.5 } }));
    await writeFile(at('none.json'), JSON.stringify({ seed: 1 }));
    const sweepBy = async (config: string, flags: Readonly<Record<string, readonly string[]>> = {}) => {
      const { budget, points } = await sweepOf(
        { model: 'm', calib: ['t'], ...flags },
        { config: at(config) },
      );
      return { budget, names: points.map(({ name }) => name), kvBytes: points[0]!.settings.budget.kvBytes };
    };
    expect(await sweepBy('budget.json')).toEqual({ budget: 'params', names: ['params-80M'], kvBytes: 0.5 });
    expect(await sweepBy('budget.json', { params: ['90M', '70M'] })).toEqual({
      ...{ budget: 'params', names: ['params-90M', 'params-70M'], kvBytes: 0.5 },
    });
    expect(await sweepBy('budget.json', { kvBytes: ['0.4'] })).toEqual({
      ...{ budget: 'kvBytes', names: ['kv-bytes-0.4'], kvBytes: 0.4 },
    });
    expect((await sweepBy('none.json')).names).toEqual(['keep-0.8', 'keep-0.6', 'keep-0.5', 'keep-0.4']);
    await writeFile(at('keep.json'), JSON.stringify({ budget: { keep: 0.7 } }));
    expect((await sweepBy('keep.json')).names).toEqual(['keep-0.7']);
    expect((await sweepBy('keep.json', { keep: ['0.8', '0.5'] })).names).toEqual(['keep-0.8', 'keep-0.5']);
  });

  it('refuses a method that finds a mask for one budget', async () => {
    const { code, err } = await sweep('slimgpt', '--keep', '0.8,0.5', '--method', 'slimgpt');
    expect(code).not.toBe(0);
    expect(err).toContain('"slimgpt" finds a mask for one budget, not scores for several');
    expect(err).not.toContain('choosing units');
  });

  it('sweeps other budgets, under one that stays', async () => {
    const dense = [...tinyLlama().tensors.values()].reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    const values = [dense - 4000, dense - 6000].join();
    const { code } = await sweep(
      'params',
      '--params',
      values,
      '--kv-bytes',
      '0.5',
      '--export',
      `${dense - 6000}`,
    );
    expect(code).toBe(0);
    const { points, budget } = await curveOf('params');
    expect(budget).toBe('params');
    for (const { after, before, settings } of points) {
      expect(after.parameters).toBeLessThanOrEqual(settings.budget.params!);
      expect(settings.budget.params! - after.parameters).toBeLessThan(96 + 32 * 8 * 6);
      expect(after.kvCacheBytesPerToken).toBeLessThanOrEqual(0.5 * before.kvCacheBytesPerToken);
    }
    const checkpoint = await openCheckpoint(at(`params/params-${dense - 6000}`));
    const counted = [...checkpoint.tensors.values()].reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    await checkpoint.close();
    expect(counted).toBe(points[1]!.after.parameters);
  });

  it('refuses what makes no sense, before any work', async () => {
    await mkdir(at('mine'));
    await writeFile(at('mine/notes.txt'), 'mine');
    await symlink(at('nowhere'), at('dangling'));
    const refusals: [string[], number, string][] = [
      [['bad', '--keep', '0.8,0.5', '--flops', '0.8,0.5'], 2, 'Only one budget can vary'],
      [['bad', '--keep', '0.8,half'], 2, 'keep'],
      [['bad', '--keep', '0.8,0.5', '--export', '0.7'], 2, 'points 0.8, 0.5'],
      [['bad', '--keep', '0.8,0.01'], 4, 'Use --keep 0.2125 or more'],
      [['bad', '--keep', '0.8,,0.5'], 2, "argument '0.8,,0.5'"],
      [['bad', '--keep', ''], 2, "option '--keep"],
      [['bad', '--learn-at', 'x'], 2, '--learn-at "x": It must be a number'],
      [['bad', '--export', '0.8,'], 2, '--export "": the sweep of --keep has the points'],
      [['dangling', '--keep', '0.8'], 5, 'a link that leads nowhere'],
      [['mine', '--keep', '0.8'], 5, 'not the folder of a sweep'],
    ];
    for (const [[out = '', ...flags], exitCode, hint] of refusals) {
      const { code, err } = await sweep(out, ...flags);
      expect(err).toContain(hint);
      expect(code).toBe(exitCode);
    }
    await writeFile(at('out.json'), JSON.stringify({ out: at('mine') }));
    const configured = await grasp(
      'sweep',
      at('model'),
      ...text(),
      ...small,
      '--keep',
      '0.8',
      '--config',
      at('out.json'),
    );
    expect(configured).toMatchObject({ code: 5, err: expect.stringContaining('not the folder of a sweep') });
    expect((await readdir(folder)).includes('bad')).toBe(false);
  });
});

it('says in a dry run what each part takes, and writes nothing', async () => {
  const { code, out, err } = await sweep('planned', '--keep', '0.5,0.8', '--dry-run');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(
    /learning at keep-0\.5 .*\nkeep-0\.8 +80.*about .*\nkeep-0\.5 .*about .*\nall together about /,
  );
  const { parts } = JSON.parse((await sweep('planned', '--keep', '0.5,0.8', '--dry-run', '--json')).out);
  expect(parts.map(({ name }: { name: string }) => name)).toEqual([
    'learning at keep-0.5',
    'keep-0.8',
    'keep-0.5',
  ]);
  expect(await readdir(folder)).not.toContain('planned');
});
