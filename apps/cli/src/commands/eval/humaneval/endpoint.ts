import { webFetch } from '@grasp/download';
import { HUMANEVAL_STOPS } from '@grasp/eval';
import { parseJson } from '@grasp/files';
import * as z from 'zod';

/** A server did not give a completion. */
class EndpointError extends Error {
  override readonly name = 'EndpointError';
  readonly code = 'GRASP_ENDPOINT';
  constructor(url: string, problem: string, options?: ErrorOptions) {
    super(`${url}: ${problem}`, options);
  }
}

/** Stop strings that servers with OpenAI's limit take. The completion is cut again when it is here. */
const MOST_STOPS = 4;

const answerSchema = z.object({ choices: z.array(z.object({ text: z.string() })).min(1) });

export interface Endpoint {
  /** Up to `/v1`. */
  readonly url: string;
  /** Name of the model there. */
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly maxTokens: number;
}

/**
 * Greedy completions by any server that has OpenAI's `/v1/completions`.
 *
 * @throws EndpointError
 */
export function endpointCompletions(
  endpoint: Endpoint,
  signal: AbortSignal,
): (prompt: string) => Promise<string> {
  const { model, apiKey, maxTokens } = endpoint;
  const url = `${endpoint.url.replace(/\/+$/, '')}/completions`;
  const fetch = webFetch();
  return async (prompt) => {
    const body = {
      model,
      prompt,
      max_tokens: maxTokens,
      temperature: 0,
      stop: HUMANEVAL_STOPS.slice(0, MOST_STOPS),
    };
    const headers = {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    let text: string;
    let ok: boolean;
    try {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
      ({ ok } = response);
      text = await response.text();
      if (!ok) throw new EndpointError(url, `status ${response.status}: ${text.slice(0, 500)}`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof EndpointError) throw error;
      const { cause, message } = error as Error;
      throw new EndpointError(
        url,
        `it cannot be reached: ${cause instanceof Error ? cause.message : message}`,
      );
    }
    return completionIn(text, url);
  };
}

function completionIn(text: string, url: string): string {
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch (error) {
    throw new EndpointError(url, 'the answer is not JSON', { cause: error });
  }
  const { success, data } = answerSchema.safeParse(answer);
  if (!success)
    throw new EndpointError(url, 'the answer has no choices with a text. Is this /v1/completions?');
  return data.choices[0]!.text;
}
