import { createWriteStream } from 'node:fs';
import { execa } from 'execa';
import { BenchOptionError } from '../../options/bench-option-error.js';
import { type Launcher, logOf, type QueuedTask, type TaskArray } from './launcher.js';

interface Task extends QueuedTask {
  readonly command: readonly string[];
  readonly log: string;
  /** The task at the same place of the array before. */
  readonly after: Task | undefined;
  state: 'waiting' | 'running' | 'succeeded' | 'failed';
  /** Interrupts it while it runs. */
  interrupt?: () => void;
}

/**
 * Runs each task in a process of its own on this machine, a few at a time. They end with this process.
 *
 * @param options `processes=2`: how many run at a time. Default: 1.
 */
export function workers(options: readonly string[]): Launcher {
  const atOnce = processesOf(options);
  const tasks: Task[] = [];
  let arrays = 0;

  const start = (): void => {
    let free = atOnce - tasks.filter(({ state }) => state === 'running').length;
    for (const task of tasks) {
      if (task.state !== 'waiting') continue;
      if (task.after?.state === 'failed') task.state = 'failed';
      if (free === 0 || (task.after && task.after.state !== 'succeeded')) continue;
      free--;
      task.state = 'running';
      void runTask(task).then((succeeded) => {
        task.state = succeeded ? 'succeeded' : 'failed';
        start();
      });
    }
  };

  return {
    name: 'workers',
    check: async () => {},
    async submit({ key, commands, folder, after }: TaskArray) {
      const id = String(++arrays);
      for (const [place, command] of commands.entries()) {
        const earlier = tasks.find((task) => task.id === after && task.place === place);
        const log = logOf({ folder, key }, place);
        const queued = { key, id, place, running: false, command, log, after: earlier };
        tasks.push({ ...queued, state: 'waiting' });
      }
      start();
      return id;
    },
    stop() {
      for (const task of tasks) {
        if (task.state === 'waiting') task.state = 'failed';
        if (task.state === 'running') task.interrupt?.();
      }
    },
    queued: async (keys) =>
      tasks
        .filter(({ key, state }) => keys.includes(key) && (state === 'waiting' || state === 'running'))
        .map(({ key, id, place, state }) => ({ key, id, place, running: state === 'running' })),
  };
}

/** Whether the command succeeded. All that it prints is in its log. */
async function runTask(task: Task): Promise<boolean> {
  const [program = '', ...args] = task.command;
  const output = createWriteStream(task.log);
  const child = execa(program, args, { reject: false, stdin: 'ignore', all: true, buffer: false });
  task.interrupt = () => child.kill('SIGINT');
  // Without room for its log, a task goes on without one.
  output.on('error', () => child.all.resume());
  child.all.pipe(output);
  return !(await child).failed;
}

function processesOf(options: readonly string[]): number {
  const [, processes] = /^processes=([1-9]\d{0,2})$/.exec(options[0] ?? 'processes=1') ?? [];
  if (processes !== undefined && options.length < 2) return Number(processes);
  throw new BenchOptionError(
    `--submit ${options.join(' ')}: the launcher "workers" takes processes=N alone.`,
    'submit',
  );
}
