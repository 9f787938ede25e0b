import { headline, type TaskSummary } from '@grasp/eval';
import { withoutFolders } from '@grasp/export';
import { type RunRecord, settingEntries } from '@grasp/prune';
import { escapeMarkup } from '../page/escape-markup.js';
import { formatCount, formatShare } from '../page/format.js';
import { htmlTable } from '../page/html-table.js';

/** Zero-shot accuracy of a model. */
export interface Accuracy {
  /** Name of the column. */
  readonly model: string;
  readonly tasks: readonly Omit<TaskSummary, 'kind'>[];
}

const figure = (task: Accuracy['tasks'][number]) => headline({ kind: 'summary', ...task });

/** Mean of the headline metric over the tasks. */
export const meanAccuracy = ({ tasks }: Accuracy): number =>
  tasks.reduce((sum, task) => sum + figure(task).value, 0) / tasks.length;

export function accuracyTable(accuracy: readonly Accuracy[]): string {
  if (accuracy.length === 0) return '';
  const names = [...new Set(accuracy.flatMap(({ tasks }) => tasks.map(({ task }) => task)))];
  const cell = ({ tasks }: Accuracy, name: string): string => {
    const found = tasks.find(({ task }) => task === name);
    if (!found) return '';
    const { value, standardError } = figure(found);
    return standardError === undefined
      ? formatShare(value)
      : `${formatShare(value)} ± ${formatShare(standardError)}`;
  };
  const rows = [
    ...names.map((name) => [name, ...accuracy.map((each) => cell(each, name))]),
    ['mean', ...accuracy.map((each) => formatShare(meanAccuracy(each)))],
  ];
  return htmlTable({ caption: 'Accuracy, zero-shot', columns: accuracy.map(({ model }) => model), rows });
}

/** Formats a perplexity. Records have null if it was not finite. */
export const formatPerplexity = (value: number | null | undefined): string =>
  value?.toFixed(2) ?? 'not finite';

export function perplexityTable({ perplexity }: RunRecord): string {
  const { dense = {}, masked = {}, calibrated = {} } = perplexity;
  const texts = Object.keys(dense);
  if (texts.length === 0) return '';
  const rows = texts.map((text) => [
    text,
    ...[dense, masked, calibrated].map((of) => formatPerplexity(of[text])),
  ]);
  return htmlTable({ caption: 'Perplexity', columns: ['dense', 'masked', 'calibrated'], rows });
}

export function budgetTable({ budgets }: RunRecord): string {
  const amount = (value: number, total: number) =>
    `${value.toLocaleString('en-US', { maximumFractionDigits: value < 1e6 ? 1 : 0 })} (${formatShare(value / total)})`;
  const rows = budgets.map(({ name, limit, kept, total }) => [
    name,
    amount(limit, total),
    amount(kept, total),
  ]);
  return htmlTable({
    caption: 'Budgets, counted in the written weights',
    columns: ['at most', 'kept'],
    rows,
  });
}

/** Text, settings and versions: the inputs of the run. */
export function runInputs({ data, settings, versions }: RunRecord): string {
  const text = (name: string, { shape, description, fingerprint }: RunRecord['data']['gates']) =>
    `<li>${escapeMarkup(name)}: ${shape.map(formatCount).join(' × ')} tokens; ${escapeMarkup(withoutFolders(description))}; ` +
    `fingerprint <code>${escapeMarkup(fingerprint.slice(0, 16))}</code></li>`;
  const texts = [
    text('gates', data.gates),
    text('scales', data.scales),
    ...Object.entries(data.evaluation).map(([name, of]) => text(`perplexity, ${name}`, of)),
  ];
  const code = ([name, value]: [string, unknown]) => `<code>${escapeMarkup(`${name} ${value}`)}</code>`;
  // A table of latencies is an object, and longer than this page.
  const plain = settingEntries(settings).filter(
    ([, value]) => typeof value !== 'object' || Array.isArray(value),
  );
  return `<details><summary>Text, settings and versions</summary>
<ul>${texts.join('')}</ul>
<p>${plain.map(code).join(', ')}</p>
<p>${Object.entries(versions).map(code).join(', ')}</p></details>`;
}
