import { expect, it } from 'vitest';
import { escapeMarkup } from './page/escape-markup.js';

it('escapes markup and control characters', () => {
  expect(escapeMarkup('<a "b">&\u001b\u202e\n')).toBe('&#60;a &#34;b&#34;&#62;&#38;\\u001b\\u202e\n');
});
