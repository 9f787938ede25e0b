import { expect, it } from 'vitest';
import { namedTexts } from './named-text.js';

it('refuses two texts of one name, and takes one that is given twice once', () => {
  expect(namedTexts(['wikitext2', 'a=x=y.txt', 'wikitext2'], 'calib')).toEqual([
    { name: 'wikitext2' },
    { name: 'a', path: 'x=y.txt' },
  ]);
  expect(() => namedTexts(['a=x.txt', 'wikitext2', 'a=y.txt'], 'calib')).toThrow(
    '--calib: two texts have the name a. Give each a name of its own: NAME=FILE.',
  );
});
