import type { Agreement } from './agree.js';
import type { TokenAgreement } from './compare-tokens.js';

export const AGREE_HEAD = ['model', 'perplexity', 'transformers', 'difference', 'tokens equal to llama.cpp'];

/** One row of the table: `–` for what was not asked. */
export function agreeRow({ model, perplexity, transformers, tokens }: Agreement): string[] {
  const shown = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(3));
  const difference =
    perplexity === undefined || transformers === undefined
      ? '–'
      : `${(100 * Math.abs(perplexity / transformers - 1)).toFixed(3)}%`;
  return [model, shown(perplexity), shown(transformers), difference, tokens.map(equalTokens).join(', ')];
}

/** `32 of 32`, or `17 of 32 (gap 0.002)`: the first difference, between two tokens whose logits are that near. */
function equalTokens({ equal, tokens, gap }: TokenAgreement): string {
  const counted = `${equal} of ${tokens}`;
  return gap === undefined ? counted : `${counted} (gap ${gap.toPrecision(2)})`;
}
