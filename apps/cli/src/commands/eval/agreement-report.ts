import type { TaskSummary } from '@grasp/eval';
import type { Agreement, Difference, HarnessMetrics } from '@grasp/lm-eval';
import Table from 'cli-table3';
import { formatItems, formatShare } from '../../shared/format.js';
import { DisagreementError } from './disagreement-error.js';

/** The results of both evaluators on one task. */
export interface TaskPair {
  readonly summary: TaskSummary;
  readonly metrics: HarnessMetrics;
  readonly agreement: Agreement;
}

/** The results of both evaluators on the same items of one model. */
export interface Comparison {
  readonly versions: Readonly<Record<string, string>>;
  readonly pairs: readonly TaskPair[];
  /** Time of all tasks, without loading the model. */
  readonly seconds: { readonly ours: number; readonly theirs: number };
}

/** Minimum share of equal answers over all tasks. */
const CHOSEN_EQUAL = 0.995;

const total = (pairs: readonly TaskPair[], of: (agreement: Agreement) => number): number =>
  pairs.reduce((sum, pair) => sum + of(pair.agreement), 0);

function row({ summary, metrics, agreement }: TaskPair): string[] {
  const { items, chosenEqual, accNormEqual, largest, mean } = agreement;
  const both = (ours: number | undefined, theirs: number | undefined) =>
    ours === undefined ? '' : `${ours.toFixed(4)} / ${theirs?.toFixed(4) ?? '?'}`;
  return [
    summary.task,
    String(items),
    both(summary.acc.value, metrics.acc),
    both(summary.accNorm?.value, metrics.acc_norm),
    formatShare(chosenEqual / items, 2),
    accNormEqual === undefined ? '' : formatShare(accNormEqual / items, 2),
    largest.toExponential(1),
    mean.toExponential(1),
  ];
}

function describe(task: string, { item, kinds, ours, theirs, gold }: Difference): string {
  const show = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(' ');
  return `${task}, item ${item} (${kinds.join(', ')}; right: ${gold})\n  here     ${show(ours)}\n  lm_eval  ${show(theirs)}`;
}

/** A table of the tasks, followed by every item on which the evaluators differ. */
export function agreementReport({ pairs, versions, seconds }: Comparison): string {
  const table = new Table({
    head: ['task', 'items', 'acc', 'acc_norm', 'chosen =', 'acc_norm =', 'largest', 'mean'],
    style: { head: [], border: [] },
  });
  for (const pair of pairs) table.push(row(pair));
  const differences = pairs.flatMap(({ agreement: { task, differences } }) =>
    differences.map((difference) => describe(task, difference)),
  );
  const items = total(pairs, (each) => each.items);
  const equal = total(pairs, (each) => each.chosenEqual);
  const with_ = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `here / lm_eval (${with_.join(', ')}); largest and mean relative difference of log-likelihoods`,
    table.toString(),
    `${equal} of ${items} chosen answers equal (${formatShare(equal / items, 2)}), ` +
      `${total(pairs, (each) => each.beyond)} of ${total(pairs, (each) => each.scored)} log-likelihoods beyond tolerance`,
    `${seconds.ours.toFixed(0)} s here, ${seconds.theirs.toFixed(0)} s in lm_eval, models loaded: ` +
      `${(seconds.ours / seconds.theirs).toFixed(2)} of its time`,
    ...(differences.length > 0
      ? [
          `${formatItems(differences.length, 'item')} ${differences.length === 1 ? 'differs' : 'differ'}:`,
          ...differences,
        ]
      : []),
  ].join('\n');
}

/** @throws DisagreementError if log-likelihoods, prompts or answers differ by more than the tolerance. */
export function judge(pairs: readonly TaskPair[]): void {
  const beyond = total(pairs, (each) => each.beyond);
  const prompts = total(
    pairs,
    (each) => each.differences.filter(({ kinds }) => kinds.includes('prompt')).length,
  );
  const equal = total(pairs, (each) => each.chosenEqual) / total(pairs, (each) => each.items);
  const faults = [
    ...(prompts > 0
      ? [`${formatItems(prompts, 'item')} ${prompts === 1 ? 'has' : 'have'} different prompts`]
      : []),
    ...(beyond > 0 ? [`${beyond} log-likelihoods exceed the tolerance`] : []),
    ...(equal < CHOSEN_EQUAL
      ? [
          `only ${formatShare(equal, 2)} of the answers are equal; at least ${formatShare(CHOSEN_EQUAL)} are required`,
        ]
      : []),
  ];
  if (faults.length > 0) throw new DisagreementError(`The two evaluators differ: ${faults.join('; ')}.`);
}
