import { ItemFormatError, textField } from './item-fields.js';
import { strip } from './python-text.js';
import type { Task } from './task.js';

/**
 * WinoGrande (Sakaguchi et al. 2020): which of two options fills the blank of a sentence. Scored partially: the option
 * is put into the context, and the likelihoods of the rest of the sentence are compared.
 */
export const winogrande: Task = {
  name: 'winogrande',
  metrics: ['acc'],
  hub: { id: 'allenai/winogrande', config: 'winogrande_xl', split: 'validation' },
  file: 'winogrande_xl.validation',
  question(record) {
    const sentence = textField(record, 'sentence');
    const blank = sentence.indexOf('_');
    if (blank < 0) throw new ItemFormatError('field "sentence" has no blank "_"');
    const answer = textField(record, 'answer');
    if (answer !== '1' && answer !== '2')
      throw new ItemFormatError(`field "answer" is "${answer}"; expected "1" or "2"`);
    const options = [textField(record, 'option1'), textField(record, 'option2')];
    const choices = options.map((option) => sentence.slice(0, blank) + option);
    const continuation = ` ${strip(sentence.slice(blank + 1))}`;
    return {
      prompts: choices.map((context) => ({ context, continuation })),
      choices,
      gold: Number(answer) - 1,
    };
  },
};
