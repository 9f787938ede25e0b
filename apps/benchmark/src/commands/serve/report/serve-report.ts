import { formatItems } from '@grasp/report/format';
import type { Load, Serving } from '../serving.js';

/** A model and its measurements in one runtime, one per round. */
export interface ServedModel {
  readonly name: string;
  /** Size of its weights on disk. */
  readonly bytes: number;
  readonly servings: readonly Serving[];
}

export interface ServedRuntime {
  readonly name: string;
  readonly description: string;
  readonly models: readonly ServedModel[];
}

/** Everything that was measured: the content of serve.json. */
export interface ServeReport {
  readonly machine: string;
  readonly load: Load;
  /** Names of all models, the dense one first. */
  readonly models: readonly string[];
  readonly runtimes: readonly ServedRuntime[];
  /** One line for each runtime, and each model in a runtime, that was not measured. */
  readonly missing: readonly string[];
}

/** What a reader has to know about the numbers, one sentence each. */
export function conditionsOf({ machine, load, runtimes }: ServeReport): string[] {
  const { prompt, tokens, requests, concurrency, threads } = load;
  const rounds = Math.max(
    0,
    ...runtimes.flatMap(({ models }) => models.map((model) => model.servings.length)),
  );
  return [
    `${machine}.`,
    ...runtimes.map(({ name, description }) => `${name}: ${description}.`),
    `Each request has ${prompt} tokens of its own and gets ${tokens} more, greedily. Clients (${concurrency.join(', ')} at a time) send ${requests} of them each, over HTTP. ${formatItems(threads, 'thread')} ${threads === 1 ? 'computes' : 'compute'}.`,
    `Medians of ${formatItems(rounds, 'round')} in which the models alternate, each in a new server. In parentheses: the median of the ratios to the first model within rounds.`,
    'Memory is that of all processes of the server after the requests, with what each runtime itself needs. The whole KV cache is that of the most requests at a time.',
  ];
}
