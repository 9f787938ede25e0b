import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chain, type DistributeOptions, distribute } from './distribute.js';
import { firstLine } from './submitted-arrays.js';
import {
  type Launcher,
  LauncherError,
  logOf,
  type QueuedTask,
  type TaskArray,
} from '../launchers/launcher.js';

/**
 * A launcher whose tasks take one look at the queue each: those that may start end before the second, and do their step
 * or, as often as the test says, die.
 */
class Stage implements Launcher {
  readonly name = 'stage';
  /** Steps in the order they started. */
  readonly started: string[] = [];
  readonly submitted: { readonly steps: string[]; readonly after: string | undefined }[] = [];
  readonly done = new Set<string>();
  /** Deaths to come, by step. */
  readonly deaths: Record<string, number> = {};
  /** Holds everything in the queue. */
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
    await writeFile(log, `${firstLine(step, { pid: this.started.length, host: 'elsewhere' })}\nstarted\n`);
    const deaths = this.deaths[step] ?? 0;
    this.deaths[step] = deaths - 1;
    if (deaths <= 0) this.done.add(step);
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
  it('hands over what is not done, each kind of step as one array', async () => {
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
    expect(said).toContain('stage 1, 2, 3: 4 running, 2 waiting; 1 of 5 models done');

    expect(await run(chains), 'again').toEqual([]);
    expect(stage.submitted).toHaveLength(3);
  });

  it('runs again what died, with what needs it, and nothing else', async () => {
    stage.deaths['prune:a'] = 1;
    stage.deaths['measure:b'] = 2;
    expect(await run([model('a'), model('b'), model('c')])).toEqual([]);
    const steps = ['prune:a', 'measure:a', 'prune:b', 'measure:b', 'prune:c', 'measure:c'];
    expect(steps.map(timesStarted)).toEqual([2, 1, 1, 3, 1, 1]);
    expect(said.find((line) => line.startsWith('prune:a'))).toMatch(
      /^prune:a died and is run again, 1 of 2\. It left started \(.*prune-[0-9a-f]{8}-0\.log\)$/,
    );
    const deaths = said.filter((line) => line.startsWith('measure:b died and is run again'));
    expect(deaths.map((line) => /\d of 2/.exec(line)?.[0])).toEqual(['1 of 2', '2 of 2']);
  });

  it('names what died too often, with its log, and goes on with the rest', async () => {
    stage.deaths['prune:a'] = 3;
    const lost = await run([model('a'), model('b')]);
    expect(lost).toEqual([expect.stringMatching(/^prune:a died 3 times, and left started \(.*-0\.log\)$/)]);
    expect(['prune:a', 'measure:a', 'measure:b'].map(timesStarted)).toEqual([3, 0, 1]);

    stage.deaths['prune:a'] = 1;
    expect(await run([model('a')], { retries: 0 }), 'once').toEqual([
      expect.stringMatching(/^prune:a died, and/),
    ]);
    expect(await run([model('a')], { retries: 0 }), 'the same command again').toEqual([]);
  });

  it('suspects the folder where there is not even a log', async () => {
    stage.deaths['measure:a'] = 1;
    const removing: Launcher = Object.assign(Object.create(stage), {
      async queued(keys: readonly string[]) {
        const queued = await stage.queued(keys);
        for (const { key, place } of queued)
          await rm(logOf({ folder: join(folder, 'jobs'), key }, place), { force: true });
        return queued;
      },
    });
    const lost = await run([chain('measure:a')], { launcher: removing, retries: 0 });
    expect(lost).toEqual([expect.stringMatching(/left no log at .*\.log: do the nodes see that folder\?$/)]);
  });

  it('ends the claim of a task that died, and of no other process', async () => {
    stage.deaths['prune:a'] = stage.deaths['prune:b'] = 1;
    const claim = (name: string, pid: number, host: string) =>
      writeFile(join(folder, `prune-${name}.lock`), JSON.stringify({ host, pid, started: null }));
    await claim('a', 1, 'elsewhere'); // as the stage says of the first task
    await claim('b', 1, hostname());
    await run([model('a'), model('b')]);
    const names = await readdir(folder);
    expect(names).not.toContain('prune-a.lock');
    expect(names).toContain('prune-b.lock');
  });

  it('leaves what it handed over when it is interrupted, and waits for it when called again', async () => {
    const interrupt = new AbortController();
    stage.held = true;
    const say = (line: string) => {
      said.push(line);
      if (line.includes('running')) interrupt.abort();
    };
    await expect(run([model('a')], { say, signal: interrupt.signal })).rejects.toThrow('aborted');
    expect(said.at(-1)).toBe(
      'stage goes on with 1, 2. The same command waits for them; "cancel 1 2" ends them.',
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

  it('asks a queue that does not answer again, and gives up in the end', async () => {
    let failures = 3;
    const silent: Launcher = Object.assign(Object.create(stage), {
      queued: (keys: readonly string[]) =>
        keys.length > 0 && failures-- > 0
          ? Promise.reject(new LauncherError('The queue does not answer.'))
          : stage.queued(keys),
    });
    expect(await run([model('a')], { launcher: silent })).toEqual([]);
    expect(said.filter((line) => line === 'The queue does not answer. Asking again.')).toHaveLength(1);

    failures = Number.POSITIVE_INFINITY;
    await expect(run([model('b')], { launcher: silent })).rejects.toThrow('The queue does not answer.');
    expect(said.at(-1)).toMatch(/^stage goes on with 3, 4\./);
  });
});
