import { readFileSync } from 'node:fs';
import { createLayout } from '@grasp/budget';
import { openCheckpoint, openSafetensors, toFloat32 } from '@grasp/checkpoint';
import { difference, hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { llamaSlices } from '../test/llama-slices.js';
import { foldCheckpoint } from './fold-checkpoint.js';
import { scalesFromScores } from './scales.js';

interface PerLayer {
  readonly ffn: readonly number[][];
  readonly kv: readonly number[][];
}

interface Trace {
  readonly settings: { readonly alpha: number; readonly cost_ffn: number; readonly cost_kv: number };
  readonly gates: { readonly final_masks: PerLayer };
  readonly rescale: { readonly final_scores: PerLayer };
}

const flat = ({ ffn, kv }: PerLayer) => ffn.flatMap((channels, layer) => [...channels, ...kv[layer]!]);

describe.skipIf(!hasShared).each(['tiny-llama-gqa', 'tiny-llama-mha'])(
  'pruned weights of the paper’s code: %s',
  (folder) => {
    it('are the dense weights, folded and sliced', async () => {
      const path = (name: string) => sharedPath('reference', folder, name);
      const { settings, gates, rescale }: Trace = JSON.parse(readFileSync(path('trace.json'), 'utf8'));
      const dense = await openCheckpoint(sharedPath('reference', folder));
      const pruned = await openSafetensors(path('pruned.safetensors'));
      const { ffn, kv } = gates.final_masks;
      const layout = createLayout(
        ffn.flatMap((channels, layer) => [
          { layer, kind: 'ffn', count: channels.length, cost: settings.cost_ffn },
          { layer, kind: 'kv', count: kv[layer]!.length, cost: settings.cost_kv },
        ]),
      );
      const mask = Uint8Array.from(flat(gates.final_masks));
      const scales = scalesFromScores(Float32Array.from(flat(rescale.final_scores)), mask, settings.alpha);
      const { head_dim, num_attention_heads, num_key_value_heads } = dense.config as Record<string, number>;
      const slices = llamaSlices(ffn.length, head_dim!, num_attention_heads! / num_key_value_heads!);

      const view = foldCheckpoint(dense, { layout, slices, mask, scales, config: {} });

      for (const [name, { shape }] of view.tensors) {
        const expected = await pruned.read(name);
        if (expected.dtype !== 'F32') throw new Error(`${name} is ${expected.dtype}`);
        expect([name, shape]).toEqual([name, expected.shape]);
        const actual = toFloat32(await view.read(name));
        // tanh in double against float32: 1.2e-7 relative at most.
        expect(difference(actual, expected.data).relative).toBeLessThan(3e-7);
      }
      await pruned.close();
      await view.close();
    });
  },
);
