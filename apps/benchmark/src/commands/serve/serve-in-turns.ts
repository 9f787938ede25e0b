import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import type { ServeOptions, Serving } from './serve-once.js';

/** llama.cpp failed to serve a file. */
class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly code = 'GRASP_SERVING';
  constructor(
    readonly file: string,
    reason: string,
  ) {
    super(`llama.cpp failed to serve ${file}:\n${reason}`);
  }
}

/**
 * Serves every file once per round, each in its own process. Memory is therefore that of one model, and changes of the
 * machine's speed affect all models alike.
 *
 * @returns rounds, each with one serving per file.
 * @throws ServingError if llama.cpp fails.
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
