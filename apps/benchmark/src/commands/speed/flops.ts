import { type DecoderConfig, decoderCost, decoderSize, totalAmount } from '@grasp/decoder';
import type { StepKind } from '../../shared/timing/step-process.js';

/**
 * Floating-point operations of the matrix products in one step, with `keep` of the units of every layer kept, or in a
 * dense forward pass that measures perplexity. A query meets half of the keys on average. A healing step is a dense pass
 * of the teacher, and a step of the student that also multiplies gradients for every matrix.
 */
export function stepFlops(
  config: DecoderConfig,
  { kind, tokens, length, keep }: { kind: StepKind; tokens: number; length: number; keep: number },
): number {
  const dense = () => totalAmount(decoderCost(config, 1, { pass: 'likelihood', tokens, length }).operations);
  if (kind === 'perplexity') return dense();
  const step = decoderCost(config, keep, {
    pass: 'step',
    pruned: kind === 'gates',
    firstInputGradient: true, // a step does without it, but earlier reports count it
    tokens,
    length,
  });
  if (kind !== 'healing') return totalAmount(step.operations);
  const matrices = keep * decoderSize(config).sublayers.matrices + config.hiddenSize * config.vocabSize;
  return dense() + totalAmount(step.operations) + 2 * tokens * matrices;
}
