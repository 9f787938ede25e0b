import { setImmediate } from 'node:timers/promises';
import type { TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import {
  evaluateQuestions,
  headline,
  lastOf,
  perplexity,
  type TaskQuestion,
  type TaskSummary,
  taskNamed,
} from '@grasp/eval';
import type { Tokenizer } from '@grasp/tokenizer';
import * as z from 'zod';
import type { EvaluationData } from '../data/evaluation-data.js';
import type { CellKey } from './cell-store.js';
import { hashOf } from './hash.js';

/** One number of the table. */
export interface Measured {
  readonly value: number;
  /** A perplexity as the paper's evaluator rounds it, to bfloat16. */
  readonly rounded?: number | undefined;
  /** Standard error of an accuracy. */
  readonly standardError?: number | undefined;
}

/** One metric of one subject: its identity and how it is computed. */
export interface Cell extends CellKey {
  /** Key of the metric. */
  readonly metric: string;
  /** Name in progress lines. */
  readonly title: string;
  /** Computes the JSON value that is stored. */
  compute(decoder: Decoder): Promise<unknown>;
  /** The number in a stored value for which `isComplete` holds. */
  measured(stored: unknown): Measured;
}

/**
 * All cells of one subject.
 *
 * @param identity all values that the model's weights depend on.
 */
export function cellsOf(
  subject: string,
  identity: unknown,
  { texts, tasks }: EvaluationData,
  tokenizer: Tokenizer,
): Cell[] {
  return [
    ...[...texts].map(([text, windows]) => perplexityCell(subject, identity, text, windows)),
    ...[...tasks].map(([task, questions]) => accuracyCell(subject, identity, task, questions, tokenizer)),
  ];
}

const perplexitySchema = z.object({ value: z.number(), rounded: z.number().optional() });
const scoreSchema = z.object({ value: z.number() });
const summarySchema = z.object({ acc: scoreSchema, accNorm: scoreSchema.optional() });

function perplexityCell(subject: string, identity: unknown, text: string, windows: TokenBlocks): Cell {
  return {
    metric: text,
    name: `${subject}-${text}`,
    inputs: { model: identity, windows: windows.fingerprint, shape: windows.shape },
    title: `${subject}: perplexity on ${text}`,
    async compute(decoder) {
      const { perplexity: value, perplexityBfloat16: rounded } = await lastOf(perplexity(decoder, windows));
      return { value, rounded };
    },
    isComplete: (stored) => perplexitySchema.safeParse(stored).success,
    measured: (stored) => stored as Measured,
  };
}

function accuracyCell(
  subject: string,
  identity: unknown,
  task: string,
  questions: readonly TaskQuestion[],
  tokenizer: Tokenizer,
): Cell {
  return {
    metric: task,
    name: `${subject}-${task}`,
    inputs: { model: identity, task, items: questions.length, questions: hashOf(questions) },
    title: `${subject}: ${task}`,
    async compute(decoder) {
      const { vocabSize } = decoder.config;
      const run = evaluateQuestions(decoder, tokenizer, taskNamed(task), questions, { vocabSize });
      for await (const record of run) {
        if (record.kind === 'summary') return record;
        await setImmediate(); // lets signal handlers run
      }
      throw new RangeError(`${task} ended without a summary`);
    },
    isComplete: (stored) => summarySchema.safeParse(stored).success,
    measured: (stored) => headline(stored as TaskSummary),
  };
}
