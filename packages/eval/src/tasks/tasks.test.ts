import { describe, expect, test } from 'vitest';
import { TASKS, taskNamed } from './index.js';

const question = (task: string, record: Record<string, unknown>) => taskNamed(task).question(record);

// Expected prompts are those of lm-evaluation-harness 0.4.13 for the same records.
describe('questions', () => {
  test('piqa', () => {
    expect(question('piqa', { goal: 'Open a jar', sol1: 'twist', sol2: 'shout', label: 0 })).toEqual({
      prompts: [
        { context: 'Question: Open a jar\nAnswer:', continuation: ' twist' },
        { context: 'Question: Open a jar\nAnswer:', continuation: ' shout' },
      ],
      choices: ['twist', 'shout'],
      gold: 0,
    });
  });

  test.each(['arc_easy', 'arc_challenge'])('%s', (task) => {
    const choices = { text: ['ice', 'fire', 'tea'], label: ['1', '2', '3'] };
    const { prompts, gold } = question(task, { question: 'What burns?', choices, answerKey: '2' });
    expect(prompts[1]).toEqual({ context: 'Question: What burns?\nAnswer:', continuation: ' fire' });
    expect(gold).toBe(1);
  });

  test('winogrande puts the option into the context and scores the rest', () => {
    const record = { sentence: 'He put _ on the mat _ .', option1: 'a hat', option2: 'the cat', answer: '2' };
    expect(question('winogrande', record)).toEqual({
      prompts: [
        { context: 'He put a hat', continuation: ' on the mat _ .' },
        { context: 'He put the cat', continuation: ' on the mat _ .' },
      ],
      choices: ['He put a hat', 'He put the cat'],
      gold: 1,
    });
  });

  test('hellaswag cleans its text and capitalises the second part', () => {
    const record = {
      activity_label: 'Cooking',
      ctx_a: '[header] How to boil [title] Take a pot. [step] Add  water.',
      ctx_b: 'the CHEF',
      endings: [' sings [substeps] aloud. ', 'waits.', 'c', 'd'],
      label: '1',
    };
    const { prompts, choices, gold } = question('hellaswag', record);
    expect(prompts[0]?.context).toBe('Cooking: How to boil. Take a pot. Add water. The chef');
    expect(choices[0]).toBe('sings aloud.');
    expect(gold).toBe(1);
  });

  test('hellaswag leaves a joined context unchanged', () => {
    const record = { activity_label: 'Roof', ctx: 'A man sits. he', endings: ['a', 'b'], label: 1 };
    expect(question('hellaswag', record).prompts[0]?.context).toBe('Roof: A man sits. he');
  });
});

describe('bad records', () => {
  const arc = { question: 'q', choices: { text: ['a', 'b'], label: ['A', 'B'] }, answerKey: 'C' };
  test.each([
    ['piqa', { goal: 'g', sol1: 'a', label: 0 }, /"sol2" is missing/],
    ['piqa', { goal: 'g', sol1: 'a', sol2: 'b', label: 2 }, /"label" is 2; expected a number from 0 to 1/],
    ['hellaswag', { activity_label: 'a', ctx: 'c', endings: [], label: '' }, /"endings" is an empty list/],
    ['hellaswag', { activity_label: 'a', ctx: 'c', endings: ['x'], label: '' }, /"label" is ; expected/],
    ['winogrande', { sentence: 'no blank', option1: 'a', option2: 'b', answer: '1' }, /no blank/],
    ['winogrande', { sentence: 'a _', option1: 'a', option2: 'b', answer: '' }, /"answer" is ""/],
    ['arc_easy', arc, /answerKey "C" names none of the choices A, B/],
    ['arc_easy', { ...arc, choices: ['a'] }, /"choices" is a list; expected an object/],
  ])('%s %o', (task, record, message) => {
    expect(() => question(task, record)).toThrow(message);
  });

  test('an unknown task is refused with those there are', () => {
    expect(() => taskNamed('boolq')).toThrow(
      /unknown task "boolq"; expected one of piqa, winogrande, hellaswag/,
    );
    expect(TASKS).toHaveLength(5);
  });
});
