import { describe, it } from 'vitest';
import { FORMATS, fuzz } from '../test/fuzz.js';

describe('changed files end in a typed error or are read', () => {
  it.each(Object.keys(FORMATS))('%s', (format) => fuzz(format, 1500));
});
