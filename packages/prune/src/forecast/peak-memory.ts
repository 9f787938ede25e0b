import { type DecoderConfig, type DecoderCost, decoderCost, decoderSize, loraSides } from '@grasp/decoder';
import { obsBytes } from '../methods/obs/obs-cost.js';
import { refitCost } from './refit-cost.js';
import type { RunPlan } from './run-plan.js';
import { savedPerStep } from './saved-elements.js';

/** Logits or attention scores that a GPU holds at once. */
export const GPU_PIECE_ENTRIES = 2 ** 25;

/** Memory of the process before it loads a model, libraries included. Measured. */
export const PROCESS_BYTES = 600e6;

/**
 * Bytes of a LoRA parameter, float32. On both host and device: its initial value, value, score, two moments, and
 * gradient. Then the saved state, and three times as many tensors of earlier steps that are not collected yet.
 */
export const BYTES_PER_LORA_PARAMETER = 24 * 4;

/** Peak memory of the process, in bytes. The tensors are in its memory. */
export function processPeakBytes(config: DecoderConfig, plan: RunPlan, keep: number): number {
  return PROCESS_BYTES + tensorBytes(config, plan, keep) + embeddingBytes(config, plan);
}

/**
 * The largest matrix beside all that learning held, which the backend keeps: its float32 values while it is read or
 * written, and after learning in bfloat16 also those of the model that is measured.
 */
function embeddingBytes({ vocabSize, hiddenSize }: DecoderConfig, { window, dtype }: RunPlan): number {
  const copies = window !== undefined && dtype === 'bfloat16' ? 2 : 1;
  return 4 * copies * vocabSize * hiddenSize;
}

/** Peak memory of the GPU, in bytes. It holds tensors alone, in larger pieces. */
export function gpuPeakBytes(config: DecoderConfig, plan: RunPlan, keep: number): number {
  return tensorBytes(config, plan, keep, GPU_PIECE_ENTRIES);
}

/** The larger of two stages: learning in its dtype, and perplexity in float32. */
function tensorBytes(config: DecoderConfig, plan: RunPlan, keep: number, pieceEntries?: number): number {
  const pieces = pieceEntries === undefined ? {} : { pieceEntries };
  const learning = learningBytes(config, plan, keep, pieces);
  return plan.window ? Math.max(learning, perplexityBytes(config, plan.window, pieces)) : learning;
}

interface Pieces {
  readonly pieceEntries?: number;
}

function learningBytes(config: DecoderConfig, plan: RunPlan, keep: number, pieces: Pieces): number {
  const bytes = bytesPerElement(plan.dtype);
  const step = stepBytes(config, plan, keep, pieces);
  const { inputs, outputs } = loraSides(config, keep);
  const tuning = step + BYTES_PER_LORA_PARAMETER * plan.rank * (inputs + outputs);
  const teacher = 2 * plan.teacherTokens * config.hiddenSize; // one vector per token, in bfloat16
  const refit = plan.refit ? refitCost(config, plan.refit, keep, bytes).bytes : 0;
  const surgery = plan.surgery ? obsBytes(config, plan.surgery.by, plan.surgery.tokens) : 0;
  // Tuning can reuse what a refit held, but in pieces, which the process keeps. So both count.
  return matrixBytes(config, bytes) + Math.max(step + surgery, teacher + refit + tuning);
}

function perplexityBytes(config: DecoderConfig, window: number, pieces: Pieces): number {
  const cost = decoderCost(config, 1, {
    pass: 'likelihood',
    tokens: window,
    length: window,
    ...pieces,
  });
  return matrixBytes(config, 4) + transientBytes(cost);
}

/** Both count, because the memory that one of them leaves is not in pieces of the other's size. */
function transientBytes({ transient: { sublayer, head } }: DecoderCost): number {
  return 4 * (sublayer + head);
}

/** A step on a whole batch: what the forward pass saves, one sublayer at work, and one piece of the head. */
function stepBytes(
  config: DecoderConfig,
  { dtype, tokensPerScaleStep, length }: RunPlan,
  keep: number,
  pieces: Pieces,
): number {
  const cost = decoderCost(config, keep, {
    pass: 'step',
    pruned: true,
    tokens: tokensPerScaleStep,
    length,
    ...pieces,
  });
  const { float32, weightDtype } = savedPerStep(cost);
  return bytesPerElement(dtype) * weightDtype + 4 * float32 + transientBytes(cost);
}

/** Bytes of all matrices. Norm weights and biases are too few to count. */
function matrixBytes(config: DecoderConfig, bytes: number): number {
  const { sublayers, ends } = decoderSize(config);
  return bytes * (sublayers.matrices + ends.matrices);
}

export function bytesPerElement(dtype: RunPlan['dtype']): number {
  return dtype === 'bfloat16' ? 2 : 4;
}
