import { join } from 'node:path';

/** Independent commands that run in any order, in the working directory of this process. */
export interface TaskArray {
  /** Unique name of the array in the queue. */
  readonly key: string;
  /** Command line of each task. */
  readonly commands: readonly (readonly string[])[];
  /** Folder for the logs. See {@link logOf}. */
  readonly folder: string;
  /** Id of another array. Each task starts only if the task at the same place in that array has succeeded. */
  readonly after?: string | undefined;
}

/** Log file of a task: standard output and standard error together. */
export const logOf = ({ folder, key }: Pick<TaskArray, 'folder' | 'key'>, place: number | string): string =>
  join(folder, `${key}-${place}.log`);

/** A task that waits or runs. */
export interface QueuedTask {
  /** Key of its array. */
  readonly key: string;
  /** Id of its array, as returned by `submit`. */
  readonly id: string;
  /** Its place in the array, from 0. */
  readonly place: number;
  readonly running: boolean;
  /** Why it waits, as the queue reports it. */
  readonly reason?: string;
}

/**
 * Runs tasks elsewhere. A launcher only submits arrays and lists which tasks are still in the queue. The caller decides
 * from the results whether a task succeeded, and submits it again if not.
 */
export interface Launcher {
  readonly name: string;
  /** @throws LauncherError if tasks cannot be submitted from this machine. */
  check(): Promise<void>;
  /**
   * Submits an array.
   *
   * @returns the id of the array, once it is in the queue.
   * @throws LauncherError if the queue refuses the array.
   */
  submit(array: TaskArray): Promise<string>;
  /**
   * Lists the waiting and running tasks of some arrays.
   *
   * @throws LauncherError if the queue does not answer.
   */
  queued(keys: readonly string[]): Promise<readonly QueuedTask[]>;
  /** Starts no more tasks, and interrupts those that run. Absent if they run elsewhere and go on. */
  stop?(): void;
  /** Command that a user can run to cancel arrays. Absent if tasks end with this process. */
  cancelling?(ids: readonly string[]): string;
}

/** The launcher is not installed, does not answer, or refuses a request. */
export class LauncherError extends Error {
  override readonly name = 'LauncherError';
  readonly code = 'GRASP_LAUNCHER';
}
