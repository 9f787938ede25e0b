const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number that a text writes in decimal notation: `0.5`, `-2`, `1e-3`. NaN for any other text, such as `0x1`, `Infinity`
 * or an empty one, all of which `Number` reads.
 */
export function numberOf(text: string): number {
  const trimmed = text.trim();
  return DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
}
