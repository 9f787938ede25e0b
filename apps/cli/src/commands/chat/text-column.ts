import stringWidth from 'string-width';

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Growing text in rows of a fixed width. Lines break between words; a word longer than a row is split. Only the last row
 * changes when text is added.
 */
export class TextColumn {
  private readonly lines: string[] = [''];
  /** The last row up to its last space: what stays when the last word moves to the next row. */
  private beforeWord = '';

  /** @param width in cells of the terminal; at least 2, the width of the widest character. */
  constructor(readonly width: number) {}

  get rows(): readonly string[] {
    return this.lines;
  }

  push(text: string): void {
    for (const { segment } of characters.segment(text.replaceAll('\t', '  '))) this.add(segment);
  }

  private add(character: string): void {
    const row = this.lines.at(-1)!;
    if (/^\r?\n$/.test(character)) this.begin('');
    else if (stringWidth(row + character) <= this.width) {
      this.lines[this.lines.length - 1] = row + character;
      if (character === ' ') this.beforeWord = row + character;
    } else if (character === ' ') this.begin('');
    else {
      const word = row.slice(this.beforeWord.length) + character;
      const fits = this.beforeWord !== '' && stringWidth(word) <= this.width;
      if (fits) this.lines[this.lines.length - 1] = this.beforeWord.trimEnd();
      this.begin(fits ? word : character);
    }
  }

  private begin(row: string): void {
    this.lines.push(row);
    this.beforeWord = '';
  }
}

/** One row of several columns, each padded to its width. */
export function besides(columns: readonly TextColumn[], index: number): string {
  return columns
    .map(({ rows, width }) => {
      const text = rows[index] ?? '';
      return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
    })
    .join(GAP);
}

export const GAP = ' │ ';
