import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readFrontMatter, writeFrontMatter } from './front-matter.js';

/** Text with whatever YAML gives a meaning to. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        ...':#-\'"\\{}[],&*!|>%@`?=~ \t\n\r'.split(''),
        'a',
        '---',
        'yes',
        '1',
        '\u0085',
        '\u2028',
      ),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'no',
    'NO',
    'y',
    'on',
    'null',
    '~',
    '1.0',
    '0x10',
    '1e3',
    '2024-01-01',
    '12:30',
    '<<',
    '---',
    '...',
  ),
);
const fields = fc.dictionary(
  fc.constantFrom('license', 'license_name', 'license_link', 'language', 'base_model'),
  fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
);

describe('front matter', () => {
  it('reads back as it was written, here, in YAML 1.2 and in YAML 1.1', () => {
    fc.assert(
      fc.property(fields, (values) => {
        const written = writeFrontMatter(values);
        const lists = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value].flat()]));
        expect(readFrontMatter(`${written}\n# Title\n`)).toEqual(lists);
        const block = written.replace(/^---\n/, '').replace(/---$/, '');
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(block, { version }) ?? {}).toEqual(values);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('writes ordinary values without quotes', () => {
    expect(writeFrontMatter({ license: 'apache-2.0', language: ['en', 'no'], base_model: undefined })).toBe(
      '---\nlicense: apache-2.0\nlanguage:\n- en\n- "no"\n---',
    );
  });

  it.each([
    ['---\nlicense: mit # as of today\n---\n', { license: ['mit'] }],
    [
      "---\r\nlicense: 'it''s'\r\nlanguage: [en, \"fr\"]\r\n---\r\n",
      { license: ["it's"], language: ['en', 'fr'] },
    ],
    ['---\nlicense: 1.0\nlanguage: no\nwidget:\n- text: x\n---\n', { license: ['1.0'], language: ['no'] }],
    ['---\nlicense: [unclosed\n---\n', {}],
    ['---\na: &x [1]\nb: [*x, *x]\n---\n', {}],
    ['---\n---\n', {}],
    ['# no front matter\n---\nlicense: mit\n---\n', {}],
    ['---\nlicense: mit\n', {}],
  ])('reads %j', (readme, expected) => {
    expect(readFrontMatter(readme)).toEqual(expected);
  });
});
