import { execaNode } from 'execa';

/** A command line of Node, and how it is called in the table. */
export interface Start {
  readonly title: string;
  /** A script and its arguments. Undefined for a Node that runs nothing. */
  readonly argv: readonly [script: string, ...args: string[]] | undefined;
  /** Seconds that it may take on an idle machine. */
  readonly limit?: number;
}

/** A command of grasp failed, so its time says nothing. */
class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'GRASP_START';
}

/**
 * Seconds of each command line, once per round. The commands of a round run one after another, so that changes of the
 * machine's speed affect all of them alike.
 *
 * @throws StartError if a command fails
 */
export async function* measureStarts(
  starts: readonly Start[],
  rounds: number,
): AsyncGenerator<number[], void> {
  for (let round = 0; round < rounds; round++) {
    const seconds: number[] = [];
    for (const start of starts) seconds.push(await secondsOf(start));
    yield seconds;
  }
}

async function secondsOf({ title, argv }: Start): Promise<number> {
  const [script, ...args] = argv ?? ['-e', '0'];
  const begin = performance.now();
  const result = await execaNode(script!, args, { reject: false, stdin: 'ignore', nodeOptions: [] });
  const seconds = (performance.now() - begin) / 1000;
  if (result.failed) throw new StartError(`${title} failed:\n${result.stderr.trim() || result.shortMessage}`);
  return seconds;
}
