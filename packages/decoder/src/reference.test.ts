import { readFile } from 'node:fs/promises';
import { openCheckpoint, openSafetensors } from '@grasp/checkpoint';
import { difference, hasShared, sharedPath } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from './decoder.js';
import { loadDecoder } from './load-decoder.js';

interface Trace {
  readonly settings: { readonly tau: number };
  readonly gates: {
    readonly initial_scores: PerKind;
    readonly steps: readonly { readonly loss: number; readonly masks?: PerKind; readonly grads?: PerKind }[];
    readonly final_masks: PerKind;
    readonly loss_batch0_under_final_masks: number;
  };
}
type PerKind = { readonly ffn: readonly (readonly number[])[]; readonly kv: readonly (readonly number[])[] };

/** A trace's per-layer lists as one vector in layout order. */
function flat(decoder: Decoder, lists: PerKind): Float32Array {
  return Float32Array.from(
    decoder.layout.blocks.flatMap((b) => [...lists[b.kind as 'ffn' | 'kv'][b.layer]!]),
  );
}

describe.skipIf(!hasShared).each(['tiny-llama-gqa', 'tiny-llama-mha'])(
  '%s against the paper code',
  (name) => {
    let decoder: Decoder;
    let trace: Trace;
    let tokens: Int32Array;
    let shape: readonly [number, number, number];
    let dense: Float32Array;

    beforeAll(async () => {
      await tf.setBackend('wasm');
      trace = JSON.parse(await readFile(sharedPath('reference', name, 'trace.json'), 'utf8')) as Trace;
      const io = await openSafetensors(sharedPath('reference', name, 'io.safetensors'));
      const batches = await io.read('tokens');
      tokens = batches.data as Int32Array;
      shape = batches.shape as unknown as [number, number, number];
      dense = (await io.read('dense_logits_batch0')).data as Float32Array;
      await io.close();
      const checkpoint = await openCheckpoint(sharedPath('reference', name));
      decoder = await loadDecoder(checkpoint);
      await checkpoint.close();
    });

    const batch = (step: number) => {
      const [, rows, length] = shape;
      return {
        ids: tokens.subarray(step * rows * length, (step + 1) * rows * length),
        shape: [rows, length] as const,
      };
    };

    it('gives the dense logits', async () => {
      expect(difference(await decoder.under().logits(batch(0)), dense).relative).toBeLessThan(1e-5);
    });

    it('gives loss and gate gradients under the masks of the trace', async () => {
      const scores = flat(decoder, trace.gates.initial_scores);
      const p = scores.map((s) => 1 / (1 + Math.exp(-s / trace.settings.tau)));
      const { loss, masks, grads } = trace.gates.steps[0]!;
      const result = await decoder.lossAndGateGradients(batch(0), flat(decoder, masks!));
      const gradients = result.gradients.map((g, i) => (g * p[i]! * (1 - p[i]!)) / trace.settings.tau);
      expect(result.loss).toBeCloseTo(loss, 4);
      expect(difference(gradients, flat(decoder, grads!)).relative).toBeLessThan(1e-4);
    });

    it('gives the loss under the final masks', async () => {
      const { loss } = await decoder.lossAndGateGradients(batch(0), flat(decoder, trace.gates.final_masks), {
        units: 'kept',
      });
      expect(loss).toBeCloseTo(trace.gates.loss_batch0_under_final_masks, 4);
    });
  },
);
