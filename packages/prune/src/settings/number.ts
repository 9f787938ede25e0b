const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number that a text writes in decimal notation: `0.5`, `-2`, `1e-3`. NaN for any other text. `Number` would read
 * some of them: `0x1`, `Infinity` and the empty text.
 */
export function numberOf(text: string): number {
  const trimmed = text.trim();
  return DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
}
