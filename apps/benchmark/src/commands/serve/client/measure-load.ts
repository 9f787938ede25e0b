import { median } from '../../../shared/statistics/median.js';
import type { Level, Load, Serving } from '../serving.js';
import { type TimedAnswer, timedCompletion } from './completion.js';

/** Prompts have no token above this, and none below the special tokens of most vocabularies. The time does not depend on them. */
const [LOWEST, TOKENS] = [3, 20];

/** A prompt that no other request has, so that no cache of prefixes helps. */
function promptOf(length: number, request: number): number[] {
  let state = request + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    return LOWEST + ((state >>> 16) % (TOKENS - LOWEST));
  });
}

/** Everything that is measured by asking a server. */
export type LoadTimes = Pick<Serving, 'prefillTokensPerSecond' | 'decodeTokensPerSecond' | 'levels'>;

/**
 * Asks a server as `load` says: one client alone, then as many as each level of concurrency has. Each client sends its next
 * request when it has the answer to the last. One request before them is not counted.
 *
 * @param server its address.
 * @throws ServingError if the server does not answer.
 */
export async function measureLoad(server: string, load: Load, signal?: AbortSignal): Promise<LoadTimes> {
  let sent = 0;
  const ask = () => timedCompletion(server, promptOf(load.prompt, sent++), load.tokens, signal);
  await ask();
  const client = async () => {
    const answers: TimedAnswer[] = [];
    for (let n = 0; n < load.requests; n++) answers.push(await ask());
    return answers;
  };
  let alone: readonly TimedAnswer[] | undefined;
  const levels: Level[] = [];
  for (const concurrency of load.concurrency) {
    const start = performance.now();
    const answers = (await Promise.all(Array.from({ length: concurrency }, client))).flat();
    levels.push(levelOf(concurrency, answers, (performance.now() - start) / 1000));
    if (concurrency === 1) alone = answers;
  }
  return { ...aloneTimes(load, alone ?? (await client())), levels };
}

/** The level of answers that came within some seconds. */
export function levelOf(concurrency: number, answers: readonly TimedAnswer[], seconds: number): Level {
  return {
    concurrency,
    requestsPerSecond: answers.length / seconds,
    tokensPerSecond: answers.reduce((sum, { tokens }) => sum + tokens, 0) / seconds,
    timeToFirstToken: median(answers.map(({ first }) => first)),
  };
}

/** Speeds of prompt and generation. The first token belongs to the prompt. */
export function aloneTimes({ prompt }: Pick<Load, 'prompt'>, answers: readonly TimedAnswer[]) {
  return {
    prefillTokensPerSecond: prompt / median(answers.map(({ first }) => first)),
    decodeTokensPerSecond: median(answers.map(({ first, last, tokens }) => (tokens - 1) / (last - first))),
  };
}
