import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import {
  type HandedOver,
  lastWords,
  readHandedOver,
  releaseClaim,
  removeHandedOver,
  writeHandedOver,
} from './submitted-arrays.js';
import { type Launcher, LauncherError, logOf, type QueuedTask } from '../launchers/launcher.js';

/** A piece of work for one task. */
export interface Step {
  /** What it does, a colon, and to what: `prune:keep-0.5`. */
  readonly name: string;
  /** A folder that it claims while it runs. */
  readonly claims?: string;
  /** Whether its result is there, whoever made it. */
  isDone(): Promise<boolean>;
}

/** Steps of which each needs the one before. */
export type Chain = readonly Step[];

export interface DistributeOptions {
  readonly launcher: Launcher;
  /** For the logs, and for notes of what was handed over. */
  readonly folder: string;
  /** The command that does a step. */
  readonly commandOf: (step: string) => readonly string[];
  /** How often a step that died is run again. */
  readonly retries: number;
  /** Between two looks at the queue. */
  readonly pollSeconds: number;
  readonly say: (line: string) => void;
  /** Ends the waiting; what was handed over goes on. */
  readonly signal: AbortSignal;
}

/** Looks at a queue that does not answer before giving up. */
const PATIENCE = 20;

/**
 * Has a launcher do what is not done, and waits for it. A step whose task is gone without its result died, and is handed
 * over again together with those that need it. What an earlier call handed over and still waits or runs is waited for.
 *
 * @returns a line for each step that died too often.
 * @throws LauncherError, or the signal's reason; what was handed over goes on.
 */
export async function distribute(chains: readonly Chain[], options: DistributeOptions): Promise<string[]> {
  await mkdir(options.folder, { recursive: true });
  const distribution = new Distribution(options);
  try {
    return await distribution.run(chains);
  } catch (error) {
    distribution.tellWhatGoesOn();
    throw error;
  }
}

class Distribution {
  /** Arrays of which something is in the queue. */
  private readonly arrays = new Map<string, HandedOver>();
  private queued: readonly QueuedTask[] = [];
  /** Of what is in the queue, what was handed over since it was looked at included. */
  private ids = new Set<string>();
  /** Log of the last task of each step. */
  private readonly logs = new Map<string, string>();
  /** Steps that this call saw in the queue: their deaths count. */
  private readonly seen = new Set<string>();
  private readonly deaths = new Map<string, number>();
  private readonly lost: string[] = [];
  private told = '';

  constructor(private readonly options: DistributeOptions) {}

  async run(chains: readonly Chain[]): Promise<string[]> {
    const { folder, launcher } = this.options;
    for (const array of await readHandedOver(folder, launcher.name)) this.note(array);
    let open = chains;
    for (;;) {
      const live = await this.look(); // before the results: what ends in between is found done the next time
      const isLive = (chain: Chain) => chain.some(({ name }) => live.has(name));
      open = await this.remaining(open, isLive);
      if (open.length === 0) return this.lost;
      const due = open.filter((chain) => !isLive(chain));
      await this.handOver(due);
      if (due.length === 0) this.tell(`${chains.length - open.length} of ${chains.length} models done`);
      await this.pause();
    }
  }

  /** Names of the steps in the queue. Arrays of which nothing is left are forgotten. */
  private async look(): Promise<ReadonlySet<string>> {
    this.queued = await this.queue();
    this.ids = new Set(this.queued.map(({ id }) => id));
    const live = this.queued.flatMap(({ key, place }) => this.arrays.get(key)?.steps[place] ?? []);
    for (const step of live) this.seen.add(step);
    for (const key of this.arrays.keys()) {
      if (this.queued.some((task) => task.key === key)) continue;
      this.arrays.delete(key);
      await removeHandedOver(this.options.folder, key);
    }
    return new Set(live);
  }

  /** Asks again for a while: a controller may be restarting. */
  private async queue(): Promise<readonly QueuedTask[]> {
    const { launcher, say } = this.options;
    for (let asked = 1; ; asked++) {
      try {
        return await launcher.queued([...this.arrays.keys()]);
      } catch (error) {
        if (!(error instanceof LauncherError) || asked === PATIENCE) throw error;
        if (asked === 1) say(`${error.message} Asking again.`);
        await this.pause();
      }
    }
  }

  /** What is to be waited for: chains in the queue, and of all others the steps that are not done. */
  private async remaining(chains: readonly Chain[], isLive: (chain: Chain) => boolean): Promise<Chain[]> {
    const remaining: Chain[] = [];
    for (const chain of chains) {
      if (isLive(chain)) remaining.push(chain);
      else {
        const rest = await undone(chain);
        if (rest[0] && !(await this.isLost(rest[0]))) remaining.push(rest);
      }
    }
    return remaining;
  }

  /** Whether a step that is not done, and not in the queue, died too often to be handed over again. */
  private async isLost({ name, claims }: Step): Promise<boolean> {
    const { retries, say } = this.options;
    const log = this.logs.get(name);
    if (log === undefined) return false;
    if (claims !== undefined) await releaseClaim(claims, log);
    if (!this.seen.has(name)) return false;
    const deaths = (this.deaths.get(name) ?? 0) + 1;
    this.deaths.set(name, deaths);
    const words = await lastWords(log);
    const left =
      words === undefined ? `no log at ${log}: do the nodes see that folder?` : `${words} (${log})`;
    const isLost = deaths > retries;
    if (isLost) this.lost.push(`${name} died${deaths > 1 ? ` ${deaths} times` : ''}, and left ${left}`);
    else say(`${name} died and is run again, ${deaths} of ${retries}. It left ${left}`);
    return isLost;
  }

  /** An array for each step of chains of one length, so that places agree. */
  private async handOver(chains: readonly Chain[]): Promise<void> {
    for (const length of new Set(chains.map((chain) => chain.length))) {
      const alike = chains.filter((chain) => chain.length === length);
      let after: string | undefined;
      for (let at = 0; at < length; at++) {
        after = await this.submit(
          alike.map((chain) => chain[at]!.name),
          after,
        );
      }
    }
  }

  private async submit(steps: readonly string[], after: string | undefined): Promise<string> {
    const { launcher, folder, commandOf } = this.options;
    const key = `${steps[0]!.split(':')[0]}-${randomBytes(4).toString('hex')}`;
    const array = { key, launcher: launcher.name, steps };
    await writeHandedOver(folder, array);
    this.note(array);
    const id = await launcher.submit({ key, commands: steps.map(commandOf), folder, after });
    for (const step of steps) this.seen.add(step);
    this.ids.add(id);
    return id;
  }

  private note(array: HandedOver): void {
    const { folder } = this.options;
    this.arrays.set(array.key, array);
    for (const [place, step] of array.steps.entries())
      this.logs.set(step, logOf({ folder, key: array.key }, place));
  }

  /** Where things stand, when they stand elsewhere than before. */
  private tell(done: string): void {
    const { launcher, say } = this.options;
    const running = this.queued.filter((task) => task.running).length;
    const reasons = [...new Set(this.queued.flatMap(({ reason }) => reason ?? []))].sort().join(', ');
    const waiting = `${this.queued.length - running} waiting${reasons === '' ? '' : ` (${reasons})`}`;
    const told = `${launcher.name} ${[...this.ids].sort().join(', ')}: ${running} running, ${waiting}; ${done}`;
    if (told !== this.told) say(told);
    this.told = told;
  }

  tellWhatGoesOn(): void {
    const { launcher, say } = this.options;
    const ids = [...this.ids];
    if (ids.length === 0) return;
    const end = launcher.cancelling(ids);
    say(
      `${launcher.name} goes on with ${ids.join(', ')}. The same command waits for them; "${end}" ends them.`,
    );
  }

  private async pause(): Promise<void> {
    const { pollSeconds, signal } = this.options;
    await setTimeout(1000 * pollSeconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** The steps from the first on that is not done. */
async function undone(chain: Chain): Promise<Chain> {
  for (const [at, step] of chain.entries()) if (!(await step.isDone())) return chain.slice(at);
  return [];
}
