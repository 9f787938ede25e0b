import type { DataRecord, HubSplit } from '@grasp/calib-data';

/** One item of a task: several continuations, of which one is right. */
export interface Question {
  /** A context and a continuation for each choice; most tasks have the same context in all. */
  readonly prompts: readonly Prompt[];
  /** The choices as text, whose length `acc_norm` divides by. */
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly gold: number;
}

export interface Prompt {
  readonly context: string;
  /** With the space that divides it from the context. */
  readonly continuation: string;
}

/** `acc`: the likeliest continuation is right. `acc_norm`: the one likeliest per character of its choice is. */
export type Metric = 'acc' | 'acc_norm';

/** A multiple-choice task: where its items are, and how one becomes a question. */
export interface Task {
  readonly name: string;
  /** What lm-evaluation-harness 0.4.13 reports for it. */
  readonly metrics: readonly Metric[];
  readonly hub: HubSplit;
  /** Name of the file with its items in a local folder, without extension. */
  readonly file: string;
  /** @throws ItemFormatError if a field is missing or of the wrong kind. */
  question(record: DataRecord): Question;
}

/** The same context with each choice after a space. */
export function choicesAfter(context: string, choices: readonly string[], gold: number): Question {
  const prompts = choices.map((choice) => ({ context, continuation: ` ${choice}` }));
  return { prompts, choices, gold };
}
