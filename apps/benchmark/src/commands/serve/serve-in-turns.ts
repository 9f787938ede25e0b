import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import type { ServeOptions, Serving } from './serve-once.js';

/** llama.cpp did not serve a file. */
class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly code = 'GRASP_SERVING';
  constructor(
    readonly file: string,
    reason: string,
  ) {
    super(`llama.cpp did not serve ${file}:\n${reason}`);
  }
}

/**
 * Serves every file once in each round, one after the other, each in a process of its own: nothing else runs meanwhile,
 * and memory is the model's own. What the machine does in the course of time falls on all of them alike.
 *
 * @returns rounds, a serving for each file.
 * @throws ServingError
 */
export async function* serveInTurns(
  files: readonly string[],
  rounds: number,
  options: ServeOptions,
): AsyncGenerator<readonly Serving[], void> {
  for (let round = 0; round < rounds; round++) {
    const servings: Serving[] = [];
    for (const file of files) servings.push(await serve(file, options));
    yield servings;
  }
}

async function serve(file: string, options: ServeOptions): Promise<Serving> {
  const script = fileURLToPath(new URL('./serve-process.js', import.meta.url));
  const result = await execaNode(script, [file, JSON.stringify(options)], { reject: false, stdin: 'ignore' });
  if (result.failed) {
    const said = result.stderr.trim().split('\n').slice(-5).join('\n');
    throw new ServingError(file, said || `${result.shortMessage}`);
  }
  return JSON.parse(result.stdout) as Serving;
}
