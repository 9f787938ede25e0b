import { type Checkpoint, toFloat32 } from '@grasp/checkpoint';
import { foldCheckpoint } from '@grasp/fold';
import { difference, random } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../src/decoder.js';
import { loadDecoder } from '../src/load-decoder.js';
import { initialLora, loraUpdates } from '../src/recovery/lora-parameters.js';
import { normCount, normScales } from '../src/recovery/norm-parameters.js';
import { configOf, decoderCheckpoint } from '../src/spec/decoder-checkpoint.js';
import type { DecoderParameters } from '../src/spec/parameters.js';
import { prunedConfig, unitSlices } from '../src/spec/units.js';
import { fusedCheckpoint } from '../src/weights/fused-tensors.js';
import { type ArchitectureFixture, architectureFixture } from './architecture-fixtures.js';

const RANK = 2;

/** A float32 view, so that a fold rounds nothing. */
function widened(checkpoint: Checkpoint): Checkpoint {
  return {
    ...checkpoint,
    tensors: new Map([...checkpoint.tensors].map(([name, info]) => [name, { ...info, dtype: 'F32' }])),
    async read(name) {
      const tensor = await checkpoint.read(name);
      return { dtype: 'F32', shape: tensor.shape, data: toFloat32(tensor) };
    },
    close: () => checkpoint.close(),
  };
}

/** Tests that a decoder under parameters computes what its folded checkpoint does, for fixtures by their names. */
export const compareWithFolded = (names: readonly string[]) =>
  describe.each(names)('%s under gates, norm scales and LoRA', (name) => {
    let fixture: ArchitectureFixture;
    let dense: Checkpoint;
    let decoder: Decoder;
    let mask: Uint8Array;
    let parameters: Required<DecoderParameters>;

    beforeAll(async () => {
      await tf.setBackend('wasm');
      fixture = await architectureFixture(name);
      dense = widened(fixture.checkpoint);
      decoder = await loadDecoder(dense);
      const { config, layout } = decoder;
      const next = random(9);
      const around1 = () => 0.8 + 0.4 * next();
      mask = Uint8Array.from({ length: layout.size }, () => (next() < 0.7 ? 1 : 0));
      parameters = {
        gates: Float32Array.from(mask, (m) => m * around1()),
        norms: Float32Array.from({ length: normCount(config) }, around1),
        lora: initialLora(config, mask, RANK, next).map((a) => a || (next() - 0.5) / 4),
      };
    });
    afterAll(async () => {
      decoder.dispose();
      await fixture.checkpoint.close();
    });

    it('computes the same once they are folded, written and read', async () => {
      const checkpoint = decoderCheckpoint(dense);
      const config = configOf(checkpoint);
      const view = foldCheckpoint(checkpoint, {
        layout: decoder.layout,
        slices: unitSlices(config),
        mask,
        scales: parameters.gates!,
        config: prunedConfig(checkpoint.config, config, mask),
        changes: {
          lora: loraUpdates(config, mask, RANK, parameters.lora!),
          norms: normScales(config, parameters.norms!),
        },
      });
      const written = fusedCheckpoint(view, configOf(view));
      const folded = await loadDecoder(written);
      const expected = await decoder.under(parameters).logits(fixture.batch);
      const found = await folded.under().logits(fixture.batch);
      expect(difference(found, expected).relative).toBeLessThan(1e-5);
      folded.dispose();
    });

    it('has gradients that are the slopes of its loss', async () => {
      const groups = ['gates', 'norms', 'lora'] as const;
      const expectedRows = await decoder.under().teacherRows(fixture.batch);
      const taught = { ...fixture.batch, teacher: { expectedRows, weights: [0.7, 0.2] } };
      const ask = (of: DecoderParameters) =>
        decoder.under(of).lossAndGradients(taught, groups, { units: 'kept' });
      const { gradients } = await ask(parameters);
      for (const group of groups) {
        const start = parameters[group]!;
        // Along a random direction all entries take part.
        const next = random(11);
        const direction = start.map((value) => (value === 0 ? 0 : next() - 0.5));
        const moved = (by: number) => ({
          ...parameters,
          [group]: start.map((value, i) => value + by * direction[i]!),
        });
        const step = 1 / 256;
        const slope = ((await ask(moved(step))).loss - (await ask(moved(-step))).loss) / (2 * step);
        const expected = gradients[group].reduce((sum, g, i) => sum + g * direction[i]!, 0);
        const size = Math.hypot(...gradients[group]) * Math.hypot(...direction);
        expect(Math.abs(slope - expected), group).toBeLessThan(1e-2 * size);
      }
    });
  });
