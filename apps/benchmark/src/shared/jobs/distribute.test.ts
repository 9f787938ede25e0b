import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chain, type DistributeOptions, distribute } from './distribute.js';
import {
  type Launcher,
  LauncherError,
  logOf,
  type QueuedTask,
  type TaskArray,
} from './launchers/launcher.js';
import { logHeader } from './submitted-arrays.js';

/**
 * A launcher whose tasks last from one query of the queue to the next. A task does its step, or fails as often as the
 * test says.
 */
class Stage implements Launcher {
  readonly name = 'stage';
  /** Steps in the order in which they started. */
  readonly started: string[] = [];
  readonly submitted: { readonly steps: string[]; readonly after: string | undefined }[] = [];
  readonly done = new Set<string>();
  /** Failures to come, by step. */
  readonly failures: Record<string, number> = {};
  /** Whether all tasks stay in the queue. */
  held = false;
  private readonly arrays: { array: TaskArray; id: string; left: Map<number, string> }[] = [];

  readonly check = async () => {};
  readonly cancelling = (ids: readonly string[]) => `cancel ${ids.join(' ')}`;

  async submit(array: TaskArray): Promise<string> {
    const steps = array.commands.map(([, step]) => step!);
    const id = String(this.arrays.push({ array, id: '', left: new Map(steps.entries()) }));
    this.arrays.at(-1)!.id = id;
    this.submitted.push({ steps, after: array.after });
    return id;
  }

  async queued(keys: readonly string[]): Promise<readonly QueuedTask[]> {
    const arrays = this.arrays.filter(({ array }) => keys.includes(array.key));
    const before = (after?: string) => this.arrays.find(({ id }) => id === after);
    const queued = arrays.flatMap(({ array: { key, after }, id, left }) =>
      [...left.keys()].map((place) => ({ key, id, place, running: !before(after)?.left.has(place) })),
    );
    for (const { id, place, running } of this.held ? [] : queued) {
      if (!running) continue;
      const { array, left } = this.arrays.find((each) => each.id === id)!;
      const step = left.get(place)!;
      const needed = before(array.after)?.array.commands[place]?.[1];
      left.delete(place);
      if (needed === undefined || this.done.has(needed)) await this.runTask(step, logOf(array, place));
    }
    return queued;
  }

  private async runTask(step: string, log: string): Promise<void> {
    this.started.push(step);
    await writeFile(log, `${logHeader(step, { pid: this.started.length, host: 'elsewhere' })}\nstarted\n`);
    const failures = this.failures[step] ?? 0;
    this.failures[step] = failures - 1;
    if (failures <= 0) this.done.add(step);
  }
}

let folder: string;
let stage: Stage;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-distribute-'));
  stage = new Stage();
  said = [];
});
afterEach(() => rm(folder, { recursive: true }));

const chain = (...names: string[]): Chain =>
  names.map((name) => ({
    name,
    claims: join(folder, name.replace(':', '-')),
    isDone: async () => stage.done.has(name),
  }));
const model = (name: string): Chain => chain(`prune:${name}`, `measure:${name}`);

const run = (chains: readonly Chain[], changes: Partial<DistributeOptions> = {}) =>
  distribute(chains, {
    launcher: stage,
    folder: join(folder, 'jobs'),
    commandOf: (step) => ['do', step],
    retries: 2,
    pollSeconds: 0,
    say: (line) => said.push(line),
    signal: new AbortController().signal,
    ...changes,
  });

const timesStarted = (step: string) => stage.started.filter((each) => each === step).length;

describe('distribute', () => {
  it('submits the unfinished steps, each kind of step as one array', async () => {
    stage.done.add('prune:b').add('prune:c').add('measure:c');
    const chains = [chain('measure:dense'), model('a'), model('b'), model('c'), model('d')];
    expect(await run(chains)).toEqual([]);
    expect(stage.submitted).toEqual([
      { steps: ['measure:dense', 'measure:b'], after: undefined },
      { steps: ['prune:a', 'prune:d'], after: undefined },
      { steps: ['measure:a', 'measure:d'], after: '2' },
    ]);
    expect(stage.started.sort()).toEqual(
      ['measure:a', 'measure:b', 'measure:d', 'measure:dense', 'prune:a', 'prune:d'].sort(),
    );
    expect(said).toContain('stage 1, 2, 3: 4 running, 2 waiting; 1 of 5 done');

    expect(await run(chains), 'again').toEqual([]);
    expect(stage.submitted).toHaveLength(3);
  });

  it('submits failed steps again, with the steps that need them, and nothing else', async () => {
    stage.failures['prune:a'] = 1;
    stage.failures['measure:b'] = 2;
    expect(await run([model('a'), model('b'), model('c')])).toEqual([]);
    const steps = ['prune:a', 'measure:a', 'prune:b', 'measure:b', 'prune:c', 'measure:c'];
    expect(steps.map(timesStarted)).toEqual([2, 1, 1, 3, 1, 1]);
    expect(said.find((line) => line.startsWith('prune:a'))).toMatch(
      /^prune:a failed and is submitted again \(retry 1 of 2\)\. Last line of its log: started \(.*prune-[0-9a-f]{8}-0\.log\)$/,
    );
    const failures = said.filter((line) => line.startsWith('measure:b failed and is submitted again'));
    expect(failures.map((line) => /\d of 2/.exec(line)?.[0])).toEqual(['1 of 2', '2 of 2']);
  });

  it('reports steps that failed too often, with their logs, and finishes the rest', async () => {
    stage.failures['prune:a'] = 3;
    const lost = await run([model('a'), model('b')]);
    expect(lost).toEqual([
      expect.stringMatching(/^prune:a failed 3 times\. Last line of its log: started \(.*-0\.log\)$/),
    ]);
    expect(['prune:a', 'measure:a', 'measure:b'].map(timesStarted)).toEqual([3, 0, 1]);

    stage.failures['prune:a'] = 1;
    expect(await run([model('a')], { retries: 0 }), 'once').toEqual([
      expect.stringMatching(/^prune:a failed\. Last/),
    ]);
    expect(await run([model('a')], { retries: 0 }), 'the same command again').toEqual([]);
  });

  it('suggests that the nodes do not see the folder if there is no log', async () => {
    stage.failures['measure:a'] = 1;
    const removing: Launcher = Object.assign(Object.create(stage), {
      async queued(keys: readonly string[]) {
        const queued = await stage.queued(keys);
        for (const { key, place } of queued)
          await rm(logOf({ folder: join(folder, 'jobs'), key }, place), { force: true });
        return queued;
      },
    });
    const lost = await run([chain('measure:a')], { launcher: removing, retries: 0 });
    expect(lost).toEqual([
      expect.stringMatching(/There is no log at .*\.log\. Check that the nodes see this folder\.$/),
    ]);
  });

  it('releases the claim of a failed task, and of no other process', async () => {
    stage.failures['prune:a'] = stage.failures['prune:b'] = 1;
    const claim = (name: string, pid: number, host: string) =>
      writeFile(join(folder, `prune-${name}.lock`), JSON.stringify({ host, pid, started: null }));
    await claim('a', 1, 'elsewhere'); // process id and host of the first task
    await claim('b', 1, hostname());
    await run([model('a'), model('b')]);
    const names = await readdir(folder);
    expect(names).not.toContain('prune-a.lock');
    expect(names).toContain('prune-b.lock');
  });

  it('leaves submitted tasks running when interrupted, and waits for them when called again', async () => {
    const interrupt = new AbortController();
    stage.held = true;
    const say = (line: string) => {
      said.push(line);
      if (line.includes('running')) interrupt.abort();
    };
    await expect(run([model('a')], { say, signal: interrupt.signal })).rejects.toThrow('aborted');
    expect(said.at(-1)).toBe(
      'Jobs 1, 2 of stage continue. Run the same command to wait for them, or "cancel 1 2" to cancel them.',
    );
    const noted = (await readdir(join(folder, 'jobs'))).filter((name) => name.endsWith('.json'));
    expect(noted).toHaveLength(2);
    expect(JSON.parse(await readFile(join(folder, 'jobs', noted[1]!), 'utf8'))).toEqual({
      launcher: 'stage',
      steps: ['prune:a'],
    });

    stage.held = false;
    expect(await run([model('a'), model('b')])).toEqual([]);
    expect(stage.submitted.map(({ steps }) => steps[0])).toEqual([
      'prune:a',
      'measure:a',
      'prune:b',
      'measure:b',
    ]);
    expect(stage.started.length).toBe(4);
    expect((await readdir(join(folder, 'jobs'))).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('ignores a damaged record of submitted tasks', async () => {
    await mkdir(join(folder, 'jobs'));
    for (const [i, text] of ['{"launcher": "st', '', '{"launcher": "stage"}', 'null'].entries())
      await writeFile(join(folder, 'jobs', `prune-${i}.json`), text);
    expect(await run([model('a')])).toEqual([]);
    expect(stage.started).toEqual(['prune:a', 'measure:a']);
  });

  it('queries a queue that does not answer again, and gives up after a while', async () => {
    let failures = 3;
    const silent: Launcher = Object.assign(Object.create(stage), {
      queued: (keys: readonly string[]) =>
        keys.length > 0 && failures-- > 0
          ? Promise.reject(new LauncherError('The queue does not answer.'))
          : stage.queued(keys),
    });
    expect(await run([model('a')], { launcher: silent })).toEqual([]);
    expect(said.filter((line) => line === 'The queue does not answer. Trying again.')).toHaveLength(1);

    failures = Number.POSITIVE_INFINITY;
    await expect(run([model('b')], { launcher: silent })).rejects.toThrow('The queue does not answer.');
    expect(said.at(-1)).toMatch(/^Jobs 3, 4 of stage continue\./);
  });
});
