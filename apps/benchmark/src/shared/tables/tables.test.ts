import { expect, it } from 'vitest';
import { markdownTable } from './markdown-table.js';
import { terminalTable } from './terminal-table.js';

it('writes Markdown with numbers on the right', () => {
  expect(markdownTable(['text', 'ppl'], [['ptb', '9.5']])).toBe(
    '| text | ppl |\n| --- | --: |\n| ptb | 9.5 |',
  );
});

it('draws for the terminal, with numbers on the right if asked', () => {
  const rows = [['ptb', 9.5]];
  expect(terminalTable(['text', 'perplexity'], rows)).toContain('│ ptb  │ 9.5        │');
  expect(terminalTable(['text', 'perplexity'], rows, { numeric: true })).toContain('│ ptb  │        9.5 │');
});
