import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { OfficialError } from '../../../shared/official/official-error.js';
import type { OwnJob } from './prune-own.js';
import type { Cost } from '../official/run-official.js';

/** Prunes by this project in a process of its own, so that time and memory are those of pruning alone. */
export async function pruneApart(job: OwnJob, say: (line: string) => void): Promise<Cost> {
  const script = fileURLToPath(new URL('./own-process.js', import.meta.url));
  const child = execaNode(script, [JSON.stringify(job)], { reject: false, stdin: 'ignore' });
  const said: string[] = [];
  for await (const line of child.iterable({ from: 'stderr' })) {
    said.push(line);
    say(`grasp: ${line}`);
  }
  const { failed, stdout, shortMessage } = await child;
  if (!failed) return JSON.parse(stdout) as Cost;
  const end = said.slice(-5).join('\n') || shortMessage;
  throw new OfficialError(`Pruning by this project stopped:\n${end}`, end);
}
