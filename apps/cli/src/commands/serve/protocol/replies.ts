import { randomUUID } from 'node:crypto';
import {
  type CompletionEnd,
  type CompletionJob,
  type CompletionPart,
  complete,
} from '../../../shared/generation/complete.js';
import type { TokenScores } from '../../../shared/generation/token-scores.js';
import type { ServedModel } from './jobs.js';
import type { ReplyForm } from './reply-forms.js';

/** A request whose turn has come. */
export interface Work {
  readonly model: ServedModel;
  readonly jobs: readonly CompletionJob[];
  readonly form: ReplyForm;
  readonly signal: AbortSignal;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

const usageOf = (jobs: readonly CompletionJob[], generated: number): Usage => {
  const read = jobs.reduce((sum, { prompt }) => sum + prompt.length, 0);
  return { prompt_tokens: read, completion_tokens: generated, total_tokens: read + generated };
};

const envelope = ({ form, model }: Work, object: string) => ({
  id: `${form.id}-${randomUUID()}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model: model.name,
});

/** Computes all replies of a request, then answers with one document. */
export async function wholeAnswer(work: Work) {
  const { model, jobs, form, signal } = work;
  const choices: object[] = [];
  let generated = 0;
  for (const [index, job] of jobs.entries()) {
    let text = '';
    const scores: TokenScores[] = [];
    const end = await forEachPart(complete(model, job, signal), async (part) => {
      text += part.text;
      scores.push(...part.scores);
    });
    generated += end.tokens;
    const reply = { index, text, offset: 0, scores: job.scores === undefined ? undefined : scores };
    choices.push(await form.whole(reply, end.reason, model.tokenizer));
  }
  return { ...envelope(work, form.object), choices, usage: usageOf(jobs, generated) };
}

/**
 * Sends the replies of a request part by part, as documents of a stream.
 *
 * @param includeUsage whether a last document has the usage, and all others say `usage: null`
 */
export async function streamAnswer(
  work: Work,
  includeUsage: boolean,
  send: (document: object) => Promise<unknown>,
): Promise<Usage> {
  const { model, jobs, form, signal } = work;
  const head = { ...envelope(work, form.chunkObject), ...(includeUsage ? { usage: null } : {}) };
  const sendChoice = (choice: object) => send({ ...head, choices: [choice] });
  let generated = 0;
  for (const [index, job] of jobs.entries()) {
    const start = form.start(index);
    if (start) await sendChoice(start);
    let offset = 0;
    const end = await forEachPart(complete(model, job, signal), async ({ text, scores }) => {
      const part = { index, text, offset, scores: job.scores === undefined ? undefined : scores };
      await sendChoice(await form.part(part, model.tokenizer));
      offset += text.length;
    });
    generated += end.tokens;
    await sendChoice(form.end(index, end.reason));
  }
  const usage = usageOf(jobs, generated);
  if (includeUsage) await send({ ...head, choices: [], usage });
  return usage;
}

async function forEachPart(
  parts: AsyncGenerator<CompletionPart, CompletionEnd>,
  take: (part: CompletionPart) => Promise<void>,
): Promise<CompletionEnd> {
  try {
    for (;;) {
      const { done, value } = await parts.next();
      if (done) return value;
      await take(value);
    }
  } finally {
    await parts.return(undefined as never);
  }
}
