import { ItemFormatError, recordField, textField, textListField } from './item-fields.js';
import { choicesAfter, type Task } from './task.js';

/** ARC (Clark et al. 2018): science questions with three to five answers, in an easy and a hard set. */
function arc(name: string, config: string): Task {
  return {
    name,
    metrics: ['acc', 'acc_norm'],
    hub: { id: 'allenai/ai2_arc', config, split: 'test' },
    file: `${name}.test`,
    question(record) {
      const choices = recordField(record, 'choices');
      const texts = textListField(choices, 'text');
      const labels = textListField(choices, 'label');
      const answer = textField(record, 'answerKey');
      const gold = labels.indexOf(answer);
      if (gold < 0 || gold >= texts.length)
        throw new ItemFormatError(`answerKey "${answer}" names none of the choices ${labels.join(', ')}`);
      return choicesAfter(`Question: ${textField(record, 'question')}\nAnswer:`, texts, gold);
    },
  };
}

export const arcEasy = arc('arc_easy', 'ARC-Easy');
export const arcChallenge = arc('arc_challenge', 'ARC-Challenge');
