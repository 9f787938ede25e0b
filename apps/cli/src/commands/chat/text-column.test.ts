import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { besides, TextColumn } from './text-column.js';

const column = (text: string, width: number) => {
  const made = new TextColumn(width);
  made.push(text);
  return made;
};

describe('TextColumn', () => {
  it('breaks lines between words, and words that are longer than a line', () => {
    expect(column('a fox jumps', 6).rows).toEqual(['a fox', 'jumps']);
    expect(column('an extraordinary fox', 6).rows).toEqual(['an', 'extrao', 'rdinar', 'y fox']);
    expect(column('one\n\ntwo', 6).rows).toEqual(['one', '', 'two']);
  });

  it('counts cells, not characters', () => {
    expect(column('日本語', 4).rows).toEqual(['日本', '語']);
    expect(column('é👩‍👩‍👧x', 3).rows).toEqual(['é👩‍👩‍👧', 'x']);
  });

  const words = fc.array(fc.constantFrom('a', 'bc', 'long word', '日本', ' ', '\n', 'unbreakable'), {
    maxLength: 30,
  });

  it('never exceeds its width and loses nothing but white space', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 12 }), (parts, width) => {
        const { rows } = column(parts.join(''), width);
        for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(width);
        const bare = (text: string) => text.replace(/\s/g, '');
        expect(bare(rows.join(''))).toBe(bare(parts.join('')));
      }),
    );
  });

  it('leaves all rows but the last as they are when text comes', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 12 }), (parts, width) => {
        const made = new TextColumn(width);
        for (const part of parts) {
          const before = made.rows.slice(0, -1);
          made.push(part);
          expect(made.rows.slice(0, before.length)).toEqual(before);
        }
        expect(made.rows).toEqual(column(parts.join(''), width).rows);
      }),
    );
  });
});

describe('besides', () => {
  it('fills each column up to its width', () => {
    const columns = [column('日本', 5), column('a\nb', 3)];
    expect(besides(columns, 0)).toBe('日本  │ a  ');
    expect(besides(columns, 1)).toBe('      │ b  ');
  });
});
