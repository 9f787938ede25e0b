import { join } from 'node:path';
import * as z from 'zod';
import type { CellKey, CellStore } from '../../shared/cells/cell-store.js';
import { measureLoad } from './client/measure-load.js';
import type { PreparedModel } from './models/prepare.js';
import { residentBytes } from './runtimes/resident-memory.js';
import type { Runtime } from './runtimes/runtime.js';
import { freePort, startServer } from './runtimes/server-process.js';
import { ServingError } from './runtimes/serving-error.js';
import type { Load, Serving } from './serving.js';

/** A runtime and the models that it serves. */
export interface Contest {
  readonly runtime: Runtime;
  readonly models: readonly PreparedModel[];
}

/** All models of a contest, served once each, one after the other. */
export interface Round {
  readonly contest: Contest;
  /** One per model. */
  readonly servings: readonly Serving[];
}

export interface RoundOptions {
  readonly load: Load;
  readonly rounds: number;
  /** Keeps finished rounds, which are not measured again. */
  readonly store?: CellStore | undefined;
  readonly scratch: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Serves a model once. Default: {@link serveOnce}. */
  readonly serve?: typeof serveOnce;
}

/**
 * Serves every model once per round and runtime, each in processes of its own. Memory is therefore that of one model, and
 * changes of the machine's speed affect all models alike.
 *
 * @throws ServingError if a server fails; the reason of `signal` if it is aborted.
 */
export async function* measureRounds(
  contests: readonly Contest[],
  options: RoundOptions,
): AsyncGenerator<Round, void> {
  const { rounds, store } = options;
  for (let round = 0; round < rounds; round++) {
    for (const contest of contests) {
      const key = keyOf(contest, round, options.load);
      const stored = await store?.read(key);
      const start = performance.now();
      const servings = stored ? (stored.value as Serving[]) : await serveAll(contest, round, options);
      if (!stored) await store?.write(key, { seconds: (performance.now() - start) / 1000, value: servings });
      yield { contest, servings };
    }
  }
}

const servingSchema = z.object({
  startSeconds: z.number(),
  prefillTokensPerSecond: z.number(),
  decodeTokensPerSecond: z.number(),
  levels: z.array(
    z.object({
      concurrency: z.number(),
      requestsPerSecond: z.number(),
      tokensPerSecond: z.number(),
      timeToFirstToken: z.number(),
    }),
  ),
  residentBytes: z.number().optional(),
  kvCacheBytesPerToken: z.number(),
});

function keyOf({ runtime, models }: Contest, round: number, load: Load): CellKey {
  const identities = models.map(({ name, identity, bytes }) => ({ name, identity, bytes }));
  return {
    name: `serve-${runtime.name}-${round + 1}`,
    inputs: { runtime: runtime.description, models: identities, load, round },
    isComplete: (value) => z.array(servingSchema).length(models.length).safeParse(value).success,
  };
}

async function serveAll(contest: Contest, round: number, options: RoundOptions): Promise<Serving[]> {
  const { serve = serveOnce } = options;
  const servings: Serving[] = [];
  for (const model of contest.models) {
    options.say(`round ${round + 1} of ${options.rounds}: ${model.name} in ${contest.runtime.name}`);
    options.signal?.throwIfAborted();
    servings.push(await serve(contest.runtime, model, options));
  }
  return servings;
}

/** Serves one model in one new server. */
export async function serveOnce(
  runtime: Runtime,
  { name, served }: PreparedModel,
  { load, scratch, signal }: Omit<RoundOptions, 'rounds'>,
): Promise<Serving> {
  const port = await freePort();
  try {
    const command = await runtime.command(served, port, load, scratch);
    const server = await startServer(command, port, join(scratch, 'server.log'), signal ? { signal } : {});
    try {
      const times = await measureLoad(server.address, load, signal);
      const kvCacheBytesPerToken = await runtime.kvCacheBytesPerToken(server.address);
      const { startSeconds, pid } = server;
      return { startSeconds, ...times, residentBytes: await residentBytes(pid), kvCacheBytesPerToken };
    } finally {
      await server.stop();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new ServingError(`${name} in ${runtime.name}: ${(error as Error).message}`, { cause: error });
  }
}
