import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import type { OwnCost, OwnJob } from './prune-own.js';

/** A process that prunes with this project failed. */
export class PruningProcessError extends Error {
  override readonly name = 'PruningProcessError';
  readonly code = 'GRASP_PRUNING_PROCESS';
}

/**
 * Prunes with this project in a separate process, so that time and memory are those of pruning alone.
 *
 * @throws PruningProcessError with the last lines of the process if it fails.
 */
export async function pruneApart(job: OwnJob, say: (line: string) => void): Promise<OwnCost> {
  const script = fileURLToPath(new URL('./own-process.js', import.meta.url));
  const child = execaNode(script, [JSON.stringify(job)], { reject: false, stdin: 'ignore' });
  const said: string[] = [];
  for await (const line of child.iterable({ from: 'stderr' })) {
    said.push(line);
    say(`grasp: ${line}`);
  }
  const { failed, stdout, shortMessage } = await child;
  if (!failed) return JSON.parse(stdout) as OwnCost;
  const end = said.slice(-5).join('\n') || shortMessage;
  throw new PruningProcessError(`Pruning with this project failed:\n${end}`);
}
