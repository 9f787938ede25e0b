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
import { type CellKey, hashOf } from './cell-store.js';
import type { EvaluationData } from '../../../shared/data/evaluation-data.js';

/** A number of the table. */
export interface Measured {
  readonly value: number;
  /** A perplexity as the paper's evaluator would round it. */
  readonly rounded?: number;
  /** Of an accuracy. */
  readonly standardError?: number;
}

/** One number of a subject: what decides it, and how it comes about. */
export interface Cell extends CellKey {
  /** Column of the table. */
  readonly metric: string;
  /** What a line of progress calls it. */
  readonly title: string;
  /** What is stored of it, as JSON. */
  compute(decoder: Decoder): Promise<unknown>;
  /** The number, from what was stored. */
  measured(stored: unknown): Measured;
}

/**
 * All cells of one subject.
 *
 * @param identity everything that decides the model's weights.
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
        await setImmediate(); // let signals have their turn
      }
      throw new RangeError(`${task} ended without a summary`);
    },
    measured: (stored) => headline(stored as TaskSummary),
  };
}
