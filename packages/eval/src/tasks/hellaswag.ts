import type { DataRecord } from '@grasp/calib-data';
import { indexField, textField, textListField } from './item-fields.js';
import { capitalize, strip } from './python-text.js';
import { choicesAfter, type Task } from './task.js';

/** HellaSwag (Zellers et al. 2019): which of four endings continues a description. */
export const hellaswag: Task = {
  name: 'hellaswag',
  metrics: ['acc', 'acc_norm'],
  hub: { id: 'Rowan/hellaswag', split: 'validation' },
  file: 'hellaswag.validation',
  question(record) {
    const choices = textListField(record, 'endings').map(cleanUp);
    const gold = indexField(record, 'label', choices.length);
    const context = cleanUp(`${textField(record, 'activity_label')}: ${contextOf(record)}`);
    return choicesAfter(context, choices, gold);
  },
};

/**
 * The context in two parts, the second capitalised; a file that holds only their join `ctx` is used unchanged,
 * since the join no longer tells where the second part begins.
 */
function contextOf(record: DataRecord): string {
  if (record.ctx_a === undefined && record.ctx !== undefined) return textField(record, 'ctx');
  return `${textField(record, 'ctx_a')} ${capitalize(textField(record, 'ctx_b'))}`;
}

/** Remove the marks that WikiHow's markup left: `[title]`, `[header]`, `[step]`. */
function cleanUp(text: string): string {
  return strip(text)
    .replaceAll(' [title]', '. ')
    .replace(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}
