import type { TaskItemRecord, TaskQuestion } from '@grasp/eval';
import { HarnessError } from '../errors.js';
import type { HarnessSample } from './samples.js';

/** Two evaluators on one task, item by item. */
export interface Agreement {
  readonly task: string;
  readonly items: number;
  /** Log-likelihoods compared, and the largest and mean relative difference among them. */
  readonly scored: number;
  readonly largest: number;
  readonly mean: number;
  /** Of all log-likelihoods, how many lie beyond the tolerance. */
  readonly beyond: number;
  /** Items where both chose the same answer: the likeliest, and the likeliest per character. */
  readonly chosenEqual: number;
  /** Compares hits and misses, because the harness logs no more. Absent if it does not report `acc_norm`. */
  readonly accNormEqual?: number;
  readonly differences: readonly Difference[];
}

/** An item on which the two differ in a way that counts. */
export interface Difference {
  readonly item: number;
  /** `prompt`: other text was scored. `likelihood`: beyond the tolerance. `choice`, `acc_norm`: another answer. */
  readonly kinds: readonly ('prompt' | 'likelihood' | 'choice' | 'acc_norm')[];
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly gold: number;
}

/** |a − b| over the larger of both. */
export function relativeDifference(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

/**
 * Compares what `@grasp/eval` and the harness made of the same items.
 *
 * @throws HarnessError if they did not see the same items.
 */
export function agreement(
  task: string,
  questions: readonly TaskQuestion[],
  ours: readonly TaskItemRecord[],
  theirs: readonly HarnessSample[],
  tolerance: number,
): Agreement {
  if (theirs.length !== questions.length || ours.length !== questions.length) {
    const counts = `${ours.length} here, ${theirs.length} by lm_eval, of ${questions.length}`;
    throw new HarnessError(`${task}: the two evaluated different items (${counts}).`);
  }
  const items = ours
    .toSorted((a, b) => a.item - b.item)
    .map((record, i) => compareItem(record, theirs[i]!, questions[i]!, tolerance));
  const apart = items.flatMap((item) => item.apart);
  const without = (kind: Difference['kinds'][number]) =>
    items.filter(({ difference }) => !difference.kinds.includes(kind)).length;
  return {
    task,
    items: items.length,
    scored: apart.length,
    largest: apart.reduce((largest, value) => Math.max(largest, value), 0),
    mean: apart.reduce((sum, value) => sum + value, 0) / apart.length,
    beyond: apart.filter((value) => !(value <= tolerance)).length,
    chosenEqual: without('choice'),
    ...(theirs[0]?.accNorm === undefined ? {} : { accNormEqual: without('acc_norm') }),
    differences: items.flatMap(({ difference }) => (difference.kinds.length > 0 ? [difference] : [])),
  };
}

function compareItem(
  { item, logLikelihoods: ours, chosen, chosenNorm, gold }: TaskItemRecord,
  sample: HarnessSample,
  { prompts }: TaskQuestion,
  tolerance: number,
): { apart: number[]; difference: Difference } {
  const theirs = sample.logLikelihoods;
  const apart = ours.map((value, choice) => relativeDifference(value, theirs[choice] ?? Number.NaN));
  const same =
    sample.item === item &&
    sample.prompts.length === prompts.length &&
    prompts.every(
      ({ context, continuation }, choice) =>
        context === sample.prompts[choice]!.context && continuation === sample.prompts[choice]!.continuation,
    );
  const best = theirs.indexOf(Math.max(...theirs));
  const kinds: Difference['kinds'][number][] = [];
  if (!same) kinds.push('prompt');
  if (apart.some((value) => !(value <= tolerance))) kinds.push('likelihood');
  if (best !== chosen || sample.acc !== (chosen === gold)) kinds.push('choice');
  if (sample.accNorm !== undefined && sample.accNorm !== (chosenNorm === gold)) kinds.push('acc_norm');
  return { apart, difference: { item, kinds, ours, theirs, gold } };
}
