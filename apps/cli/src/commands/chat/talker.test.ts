import { expect, it } from 'vitest';
import { printable } from './talker.js';

it('replies keep line ends, and lose what a terminal would obey', () => {
  expect(printable('a\u001b[31mb\n\tc\u0007')).toBe('a[31mb\n\tc');
});
