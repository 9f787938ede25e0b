import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingState } from '@grasp/gates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRunState, encodeRunState, type RunState } from './run-state.js';
import type { RunIdentity } from './same-run.js';
import { openStateFile, removeState } from './state-file.js';

const training = (step: number, ...groups: string[]): TrainingState => ({
  step,
  parameters: Object.fromEntries(groups.map((name, i) => [name, Float32Array.of(i, 1 / 3, -0)])),
  optimizer: Object.fromEntries(
    groups.map((name, i) => [name, { step, vectors: { firstMoment: Float32Array.of(i, 1e-38, -7) } }]),
  ),
  losses: Array.from({ length: step }, (_, i) => 1 / (3 + i)),
});
const state: RunState = {
  choice: { gates: training(5, 'gates') },
  tuning: training(2, 'scales', 'norms', 'lora'),
  perplexity: { dense: { 'a.txt': 12.345678901234567 } },
};
const importance: RunState = {
  choice: {
    importance: {
      step: 1,
      scores: Float32Array.of(0.1, -0.5),
      squares: Float32Array.of(2, 1e-38),
      losses: [1 / 3],
    },
  },
  perplexity: {},
};
const identity: RunIdentity = { model: 'ab'.repeat(32), keep: 0.5 };

describe('the state of a run', () => {
  it('comes back as it was written, whatever it holds', () => {
    for (const some of [
      state,
      importance,
      { choice: state.choice!, perplexity: {} },
      { perplexity: state.perplexity },
    ]) {
      expect(decodeRunState(encodeRunState(some, identity), identity, 'a')).toEqual(some);
    }
  });

  it('is refused for another run, by what differs', () => {
    const bytes = encodeRunState(state, identity);
    const decode = () => decodeRunState(bytes, { model: 'cd'.repeat(32), keep: 0.6 }, 'out.state');
    expect(decode).toThrow(
      'out.state: the saved state is of another run (model: abababababab… then, cdcdcdcdcdcd… now; keep: 0.5 then, 0.6 now)',
    );
    expect(() => decodeRunState(bytes, { ...identity, seed: 1 }, 'a')).toThrow('seed: none then, 1 now');
  });

  it('is refused when any byte of it changed, or it was cut', () => {
    const bytes = encodeRunState(state, identity);
    for (let place = 0; place < bytes.length; place += 7) {
      const changed = bytes.slice();
      changed[place]! ^= 1;
      expect(() => decodeRunState(changed, identity, 'a')).toThrow();
      expect(() => decodeRunState(bytes.subarray(0, place), identity, 'a')).toThrow();
    }
  });
});

describe('a state file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-state-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is written when there is something to keep, and removed without a trace', async () => {
    const path = join(folder, 'out.state');
    const first = await openStateFile(path, identity);
    await first.save();
    expect(await readdir(folder)).toEqual([]);
    Object.assign(first.state, state);
    await first.save();
    const second = await openStateFile(path, identity);
    expect(second).toMatchObject({ resumed: true, savedSteps: 7 });
    expect(second.state).toEqual(first.state);
    await removeState(path);
    expect(await readdir(folder)).toEqual([]);
  });

  it('stays as it was when it cannot be replaced', async () => {
    const path = join(folder, 'kept.state');
    const file = await openStateFile(path, identity);
    Object.assign(file.state, structuredClone(state));
    await file.save();
    file.state.tuning!.step++;
    await rename(path, `${path}.aside`);
    await mkdir(path); // a folder in its place
    await expect(file.save()).rejects.toMatchObject({ code: 'GRASP_FILE_WRITE', path });
    expect(file.savedSteps).toBe(7);
    await rm(path, { recursive: true });
    await rename(`${path}.aside`, path);
    expect((await openStateFile(path, identity)).state).toEqual(state);
    await removeState(path);
  });

  it('follows no link, neither at its own name nor at that of a draft', async () => {
    const path = join(folder, 'linked.state');
    const victim = join(folder, 'victim');
    await writeFile(victim, 'mine');
    for (const suffix of ['', '.partial'])
      await symlink(join(folder, suffix ? 'victim' : 'none'), path + suffix);
    const file = await openStateFile(path, identity);
    Object.assign(file.state, state);
    await file.save();
    expect(await readFile(victim, 'utf8')).toBe('mine');
    expect((await readdir(folder)).sort()).toEqual(['linked.state', 'linked.state.partial', 'victim']);
    await removeState(path);
    await rm(`${path}.partial`);
    await rm(victim);
  });

  it('can be discarded, unless it is something else', async () => {
    const path = join(folder, 'other.state');
    await writeFile(path, encodeRunState(state, identity));
    await expect(openStateFile(path, { keep: 1 })).rejects.toMatchObject({ code: 'GRASP_OUTPUT_STATE' });
    const restarted = await openStateFile(path, { keep: 1 }, { restart: true });
    expect(restarted).toMatchObject({ resumed: false, state: { perplexity: {} } });
    await writeFile(path, 'notes');
    await expect(openStateFile(path, identity, { restart: true })).rejects.toThrow('not the saved state');
    expect(await readFile(path, 'utf8')).toBe('notes');
  });
});
