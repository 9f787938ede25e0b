import { setImmediate } from 'node:timers/promises';
import type { Checkpoint } from '@grasp/checkpoint';
import type { Decoder } from '@grasp/decoder';
import { evaluateQuestions, headline, lastOf, perplexity, type TaskSummary, taskNamed } from '@grasp/eval';
import { type Engine, loadOn } from '@grasp/prune';
import type { Tokenizer } from '@grasp/tokenizer';
import { type CellStore, hashOf } from './cell-store.js';
import type { EvaluationData } from './data.js';

/** A measured cell of the table. */
export interface Measured {
  readonly value: number;
  /** A perplexity as the paper's evaluator would round it. */
  readonly rounded?: number;
  /** Of an accuracy. */
  readonly standardError?: number;
}

export interface MeasureJob {
  readonly store: CellStore;
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
  readonly data: EvaluationData;
  readonly say: (line: string) => void;
}

/**
 * All cells of one model, by metric. It is opened and loaded only if one of them is still to be computed.
 *
 * @param identity everything that decides the model's weights.
 */
export async function measureSubject(
  name: string,
  identity: unknown,
  open: () => Promise<Checkpoint>,
  job: MeasureJob,
): Promise<Record<string, Measured>> {
  const loaded = loadOnce(open, job.engine);
  const results: Record<string, Measured> = {};
  try {
    for (const [text, windows] of job.data.texts) {
      const inputs = { model: identity, windows: windows.fingerprint, shape: windows.shape };
      results[text] = await job.store.cell(`${name}-${text}`, inputs, async () => {
        job.say(`${name}: perplexity on ${text}`);
        const { perplexity: value, perplexityBfloat16: rounded } = await lastOf(
          perplexity(await loaded.decoder(), windows),
        );
        return { value, rounded };
      });
    }
    for (const task of job.data.tasks.keys()) {
      const questions = job.data.tasks.get(task)!;
      const inputs = { model: identity, task, items: questions.length, questions: hashOf(questions) };
      const summary = await job.store.cell(`${name}-${task}`, inputs, async () => {
        job.say(`${name}: ${task}`);
        return runTask(await loaded.decoder(), task, job);
      });
      results[task] = headline(summary);
    }
    return results;
  } finally {
    await loaded.close();
  }
}

async function runTask(
  decoder: Decoder,
  task: string,
  { tokenizer, data }: MeasureJob,
): Promise<TaskSummary> {
  const { vocabSize } = decoder.config;
  const run = evaluateQuestions(decoder, tokenizer, taskNamed(task), data.tasks.get(task)!, { vocabSize });
  for await (const record of run) {
    if (record.kind === 'summary') return record;
    await setImmediate(); // let signals have their turn
  }
  throw new RangeError(`${task} ended without a summary`);
}

/** A decoder that is loaded when first asked for. */
function loadOnce(open: () => Promise<Checkpoint>, engine: Engine) {
  let held: { checkpoint: Checkpoint; decoder: Decoder } | undefined;
  return {
    async decoder(): Promise<Decoder> {
      if (held) return held.decoder;
      const checkpoint = await open();
      const loading = loadOn(checkpoint, engine);
      for (;;) {
        const { done, value } = await loading.next();
        if (!done) continue;
        held = { checkpoint, decoder: value };
        return value;
      }
    },
    async close(): Promise<void> {
      held?.decoder.dispose();
      await held?.checkpoint.close();
    },
  };
}
