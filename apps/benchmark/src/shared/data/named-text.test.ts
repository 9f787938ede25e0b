import { expect, it } from 'vitest';
import { namedText, namedTexts } from './named-text.js';

it('refuses two texts of one name, and takes one that is given twice once', () => {
  expect(namedTexts(['wikitext2', 'a=x=y.txt', 'wikitext2'], 'calib')).toEqual([
    { name: 'wikitext2' },
    { name: 'a', path: 'x=y.txt' },
  ]);
  expect(() => namedTexts(['a=x.txt', 'wikitext2', 'a=y.txt'], 'calib')).toThrow(
    '--calib: two texts have the name a. Give each a name of its own: NAME=FILE.',
  );
});

it.each([
  [
    './train.txt',
    '--calib ./train.txt: no corpus has this name. Known: wikitext2, ptb, c4. For a file give NAME=./train.txt.',
  ],
  ['a/b=x.txt', 'the name before "=" may have letters'],
  ['wikitext2=', 'there is no path after "="'],
])('refuses %s', (argument, problem) => {
  expect(() => namedText(argument, 'calib')).toThrow(problem);
});
