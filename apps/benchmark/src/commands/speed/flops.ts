import { type DecoderConfig, decoderCost, totalAmount } from '@grasp/decoder';
import type { StepKind } from '../../shared/timing/step-process.js';

/**
 * Floating-point operations of the matrix products in one step, with `keep` of the units of every layer kept, or in a
 * dense forward pass that measures perplexity. A query meets half of the keys on average.
 */
export function stepFlops(
  config: DecoderConfig,
  { kind, tokens, length, keep }: { kind: StepKind; tokens: number; length: number; keep: number },
): number {
  const { operations } =
    kind === 'perplexity'
      ? decoderCost(config, 1, { pass: 'likelihood', tokens, length })
      : decoderCost(config, keep, {
          pass: 'step',
          pruned: kind === 'gates',
          firstInputGradient: true, // a step does without it, but earlier reports count it
          tokens,
          length,
        });
  return totalAmount(operations);
}
