import { indexField, textField } from './item-fields.js';
import { choicesAfter, type Task } from './task.js';

/** PIQA (Bisk et al. 2020): which of two solutions reaches a goal. */
export const piqa: Task = {
  name: 'piqa',
  metrics: ['acc', 'acc_norm'],
  hub: { id: 'baber/piqa', split: 'validation' },
  file: 'piqa.validation',
  question(record) {
    const choices = [textField(record, 'sol1'), textField(record, 'sol2')];
    const gold = indexField(record, 'label', choices.length);
    return choicesAfter(`Question: ${textField(record, 'goal')}\nAnswer:`, choices, gold);
  },
};
