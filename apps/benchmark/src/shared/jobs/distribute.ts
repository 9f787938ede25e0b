import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { makeFolder } from '../files/make-folder.js';
import { type Launcher, LauncherError, logOf, type QueuedTask } from './launchers/launcher.js';
import {
  lastLogLine,
  recordArray,
  recordedArrays,
  releaseClaim,
  removeRecord,
  type SubmittedArray,
} from './submitted-arrays.js';

/** Work of one task. */
export interface Step {
  /** Kind and subject of the work, separated by a colon: `prune:keep-0.5`. */
  readonly name: string;
  /** Output folder that the step claims while it runs. */
  readonly claims?: string;
  /** Whether the result exists, whichever process made it. */
  isDone(): Promise<boolean>;
}

/** Steps in order. Each step needs the result of the step before it. */
export type Chain = readonly Step[];

export interface DistributeOptions {
  readonly launcher: Launcher;
  /** Folder for logs and for the records of submitted arrays. */
  readonly folder: string;
  /** Command line that runs a step. */
  readonly commandOf: (step: string) => readonly string[];
  /** How often a failed step is submitted again. */
  readonly retries: number;
  /** Seconds between two queries of the queue. */
  readonly pollSeconds: number;
  readonly say: (line: string) => void;
  /** Stops waiting. Submitted tasks continue. */
  readonly signal: AbortSignal;
}

/** Number of failed queries of the queue in a row before giving up. */
const MAX_QUERIES = 20;

/**
 * Submits all unfinished steps to a launcher and waits for them. If the task of a step has left the queue and the result
 * does not exist, the step has failed; it is submitted again, together with the steps that need it. Tasks that an
 * earlier call submitted and that are still in the queue are waited for, not submitted twice.
 *
 * @returns one line for each step that failed more than `retries` times.
 * @throws LauncherError, or the reason of the signal. Submitted tasks continue in both cases.
 */
export async function distribute(chains: readonly Chain[], options: DistributeOptions): Promise<string[]> {
  await makeFolder(options.folder);
  const distribution = new Distribution(options);
  try {
    return await distribution.run(chains);
  } catch (error) {
    distribution.sayWhatContinues();
    throw error;
  }
}

class Distribution {
  /** Arrays that may have tasks in the queue, by key. */
  private readonly arrays = new Map<string, SubmittedArray>();
  /** The queue at the last query. */
  private queued: readonly QueuedTask[] = [];
  /** Ids of the arrays in the queue, including those submitted since the last query. */
  private ids = new Set<string>();
  /** Log of the latest task of each step. */
  private readonly logs = new Map<string, string>();
  /** Steps that this call submitted or saw in the queue. Only failures of these are counted. */
  private readonly seen = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly failed: string[] = [];
  private lastStatus = '';

  constructor(private readonly options: DistributeOptions) {}

  async run(chains: readonly Chain[]): Promise<string[]> {
    const { folder, launcher } = this.options;
    for (const array of await recordedArrays(folder, launcher.name)) this.remember(array);
    let open = chains;
    for (;;) {
      // Query the queue before checking results. A task that ends in between is found done in the next round.
      const live = await this.queryLiveSteps();
      const isLive = (chain: Chain) => chain.some(({ name }) => live.has(name));
      open = await this.openChains(open, isLive);
      if (open.length === 0) return this.failed;
      const due = open.filter((chain) => !isLive(chain));
      await this.submitChains(due);
      if (due.length === 0) this.sayStatus(`${chains.length - open.length} of ${chains.length} done`);
      await this.pause();
    }
  }

  /** Names of the steps in the queue. Removes the records of arrays that have left it. */
  private async queryLiveSteps(): Promise<ReadonlySet<string>> {
    this.queued = await this.queryQueue();
    this.ids = new Set(this.queued.map(({ id }) => id));
    const live = this.queued.flatMap(({ key, place }) => this.arrays.get(key)?.steps[place] ?? []);
    for (const step of live) this.seen.add(step);
    for (const key of this.arrays.keys()) {
      if (this.queued.some((task) => task.key === key)) continue;
      this.arrays.delete(key);
      await removeRecord(this.options.folder, key);
    }
    return new Set(live);
  }

  /** Queries the queue. Retries errors for a while, because the queue's controller may be restarting. */
  private async queryQueue(): Promise<readonly QueuedTask[]> {
    const { launcher, say } = this.options;
    for (let query = 1; ; query++) {
      try {
        return await launcher.queued([...this.arrays.keys()]);
      } catch (error) {
        if (!(error instanceof LauncherError) || query === MAX_QUERIES) throw error;
        if (query === 1) say(`${error.message} Trying again.`);
        await this.pause();
      }
    }
  }

  /** The chains to wait for: those in the queue whole, and of the others the unfinished steps. */
  private async openChains(chains: readonly Chain[], isLive: (chain: Chain) => boolean): Promise<Chain[]> {
    const open: Chain[] = [];
    for (const chain of chains) {
      if (isLive(chain)) {
        open.push(chain);
        continue;
      }
      const rest = await unfinished(chain);
      if (rest[0] && !(await this.hasFailedTooOften(rest[0]))) open.push(rest);
    }
    return open;
  }

  /** Counts a failure of a step that is unfinished and not in the queue, if it was submitted before. */
  private async hasFailedTooOften({ name, claims }: Step): Promise<boolean> {
    const { retries, say } = this.options;
    const log = this.logs.get(name);
    if (log === undefined) return false;
    if (claims !== undefined) await releaseClaim(claims, log);
    if (!this.seen.has(name)) return false;
    const failures = (this.failures.get(name) ?? 0) + 1;
    this.failures.set(name, failures);
    const line = await lastLogLine(log);
    const reason =
      line === undefined
        ? `There is no log at ${log}. Check that the nodes see this folder.`
        : `Last line of its log: ${line} (${log})`;
    const isFinal = failures > retries;
    if (isFinal) this.failed.push(`${name} failed${failures > 1 ? ` ${failures} times` : ''}. ${reason}`);
    else say(`${name} failed and is submitted again (retry ${failures} of ${retries}). ${reason}`);
    return isFinal;
  }

  /** Submits one array per step of all chains of one length, so that chains have the same place in each array. */
  private async submitChains(chains: readonly Chain[]): Promise<void> {
    for (const length of new Set(chains.map((chain) => chain.length))) {
      const sameLength = chains.filter((chain) => chain.length === length);
      let after: string | undefined;
      for (let i = 0; i < length; i++) {
        after = await this.submitArray(
          sameLength.map((chain) => chain[i]!.name),
          after,
        );
      }
    }
  }

  private async submitArray(steps: readonly string[], after: string | undefined): Promise<string> {
    const { launcher, folder, commandOf } = this.options;
    const key = `${steps[0]!.split(':')[0]}-${randomBytes(4).toString('hex')}`;
    const array = { key, launcher: launcher.name, steps };
    await recordArray(folder, array);
    this.remember(array);
    const id = await launcher.submit({ key, commands: steps.map(commandOf), folder, after });
    for (const step of steps) this.seen.add(step);
    this.ids.add(id);
    return id;
  }

  private remember(array: SubmittedArray): void {
    const { folder } = this.options;
    this.arrays.set(array.key, array);
    for (const [place, step] of array.steps.entries())
      this.logs.set(step, logOf({ folder, key: array.key }, place));
  }

  /** Prints the state of the queue if it has changed. */
  private sayStatus(done: string): void {
    const { launcher, say } = this.options;
    const running = this.queued.filter((task) => task.running).length;
    const reasons = [...new Set(this.queued.flatMap(({ reason }) => reason ?? []))].sort().join(', ');
    const waiting = `${this.queued.length - running} waiting${reasons === '' ? '' : ` (${reasons})`}`;
    const status = `${launcher.name} ${[...this.ids].sort().join(', ')}: ${running} running, ${waiting}; ${done}`;
    if (status !== this.lastStatus) say(status);
    this.lastStatus = status;
  }

  sayWhatContinues(): void {
    const { launcher, say } = this.options;
    const ids = [...this.ids];
    const cancel = launcher.cancelling?.(ids);
    if (ids.length === 0 || cancel === undefined) return;
    say(
      `Jobs ${ids.join(', ')} of ${launcher.name} continue. Run the same command to wait for them, or "${cancel}" to cancel them.`,
    );
  }

  private async pause(): Promise<void> {
    const { pollSeconds, signal } = this.options;
    await setTimeout(1000 * pollSeconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** The chain from its first unfinished step on. */
async function unfinished(chain: Chain): Promise<Chain> {
  for (const [i, step] of chain.entries()) if (!(await step.isDone())) return chain.slice(i);
  return [];
}
