import { describe, expect, it } from 'vitest';
import { textNames } from './texts.js';

describe('textNames', () => {
  it.each([
    [
      ['a/x.txt', 'b/y.txt'],
      ['x.txt', 'y.txt'],
    ],
    [
      ['a/x.txt', 'b/x.txt', 'c.txt'],
      ['a/x.txt', 'b/x.txt', 'c.txt'],
    ],
    [
      ['x.txt', './x.txt'],
      ['x.txt', 'x.txt'],
    ],
  ])('names %j', (paths, names) => {
    expect(textNames(paths)).toEqual(names);
  });
});
