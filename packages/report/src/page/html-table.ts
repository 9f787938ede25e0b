import { escapeMarkup } from './escape-markup.js';

/** A table of text; the first column names the rows. */
export interface HtmlTable {
  readonly caption: string;
  /** Of the columns after the first. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The table as HTML, with its rows and columns named for readers that do not see it. */
export function htmlTable({ caption, columns, rows }: HtmlTable): string {
  const heads = columns.map((column) => `<th scope="col">${escapeMarkup(column)}</th>`).join('');
  const body = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${escapeMarkup(name)}</th>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`,
  );
  return (
    `<div class="scroll"><table><caption>${escapeMarkup(caption)}</caption>` +
    `<thead><tr><td></td>${heads}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
  );
}
