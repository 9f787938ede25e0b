import type { DataRecord, HubSplit } from '@grasp/calib-data';

/** One item of a task: several continuations, one of them right. */
export interface Question {
  /** A context and a continuation for each choice. In most tasks, all choices have the same context. */
  readonly prompts: readonly Prompt[];
  /** The choices as text. `acc_norm` divides by their lengths. */
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly gold: number;
}

export interface Prompt {
  readonly context: string;
  /** Includes the space between context and continuation. */
  readonly continuation: string;
}

/** `acc`: the most likely continuation is right. `acc_norm`: the most likely per character is right. */
export type Metric = 'acc' | 'acc_norm';

/** A multiple-choice task: the source of its items, and the conversion of an item to a question. */
export interface Task {
  readonly name: string;
  /** The metrics of lm-evaluation-harness 0.4.13. */
  readonly metrics: readonly Metric[];
  readonly hub: HubSplit;
  /** Name of the file with its items in a local folder, without extension. */
  readonly file: string;
  /** @throws ItemFormatError if a field is missing or of the wrong kind. */
  question(record: DataRecord): Question;
}

/** Makes a question with one context, and each choice after a space. */
export function choicesAfter(context: string, choices: readonly string[], gold: number): Question {
  const prompts = choices.map((choice) => ({ context, continuation: ` ${choice}` }));
  return { prompts, choices, gold };
}
