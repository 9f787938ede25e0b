import { readFileSync } from 'node:fs';
import type { Decoder } from '@grasp/decoder';
import { healingStep } from './healing-step.js';
import type { StepKind } from './step-process.js';
import type { Workload } from './workload.js';

/** Tokens and gates of a step. */
export interface StepBatch {
  readonly batch: { readonly ids: Int32Array; readonly shape: readonly [rows: number, length: number] };
  readonly gates: Float32Array;
}

/** Reads the files of a workload. */
export function readBatch({ tokens, gates, rows }: Workload): StepBatch {
  const ids = words(tokens, Int32Array);
  return { batch: { ids, shape: [rows, ids.length / rows] }, gates: words(gates, Float32Array) };
}

function words<A>(path: string, view: new (buffer: ArrayBuffer) => A): A {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return new view(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

/**
 * The steps that are timed, by kind.
 *
 * @param pruned loads the model that the gates keep, the student of healing
 */
export function stepsOf(
  decoder: Decoder,
  { batch, gates }: StepBatch,
  pruned: () => Promise<Decoder>,
): Record<StepKind, () => Promise<{ loss: number; gradients?: Float32Array }>> {
  let heal: ReturnType<typeof healingStep> | undefined;
  return {
    gates: () => decoder.lossAndGateGradients(batch, gates, { units: 'all' }),
    scales: () => decoder.lossAndGateGradients(batch, gates, { units: 'kept' }),
    healing: async () => {
      heal ??= healingStep(decoder, await pruned());
      return { loss: await heal(batch) };
    },
    perplexity: async () => {
      const nll = await decoder.negLogLikelihood(batch);
      return { loss: nll.reduce((sum, x) => sum + x, 0) / nll.length };
    },
  };
}
