import { join } from 'node:path';

/** Commands that need nothing of each other, each to be run where there is room for it, in the folder of this process. */
export interface TaskArray {
  /** What the queue calls it, unlike any other. */
  readonly key: string;
  /** A task each. */
  readonly commands: readonly (readonly string[])[];
  /** For what they say, in the files that {@link logOf} names. */
  readonly folder: string;
  /** An array, by what `submit` returned: its task at the same place must succeed before one of this starts. */
  readonly after?: string | undefined;
}

/** File for all that a task says. */
export const logOf = ({ folder, key }: Pick<TaskArray, 'folder' | 'key'>, place: number | string): string =>
  join(folder, `${key}-${place}.log`);

/** A task that waits or runs. */
export interface QueuedTask {
  /** Its array, by its key and by what `submit` returned. */
  readonly key: string;
  readonly id: string;
  /** Its place in the array, from 0. */
  readonly place: number;
  readonly running: boolean;
  /** Why it waits, in the queue's words. */
  readonly reason?: string;
}

/**
 * What runs tasks elsewhere. It queues them and says which are still there, no more: whether a task did its work is seen
 * by its results, and what died is submitted again by whoever submitted it.
 */
export interface Launcher {
  readonly name: string;
  /** @throws LauncherError where nothing can be submitted from. */
  check(): Promise<void>;
  /**
   * Resolves once the array is in the queue.
   *
   * @throws LauncherError where it is refused.
   */
  submit(array: TaskArray): Promise<string>;
  /**
   * Those tasks of the arrays that wait or run.
   *
   * @throws LauncherError where the queue does not answer.
   */
  queued(keys: readonly string[]): Promise<readonly QueuedTask[]>;
  /** A command for a person to end arrays with. */
  cancelling(ids: readonly string[]): string;
}

/** What runs tasks elsewhere is not there, does not answer, or refuses. */
export class LauncherError extends Error {
  override readonly name = 'LauncherError';
  readonly code = 'GRASP_LAUNCHER';
}
