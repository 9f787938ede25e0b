import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../src/decoder.js';
import { loadDecoder } from '../src/load-decoder.js';
import { decoderConfig } from '../src/spec/config.js';
import { type ArchitectureFixture, architectureFixture } from './architecture-fixtures.js';

/** Largest difference from transformers, as a share of the largest value. */
const TOLERANCE = 1e-4;

/** Tests that the decoder computes what transformers does, for fixtures by their names. */
export const compareWithTransformers = (names: readonly string[]) =>
  describe.each(names)('%s computes what transformers does', (name) => {
    let fixture: ArchitectureFixture;
    let decoder: Decoder;

    beforeAll(async () => {
      await tf.setBackend('wasm');
      fixture = await architectureFixture(name);
      decoder = await loadDecoder(fixture.checkpoint);
    });
    afterAll(async () => {
      decoder.dispose();
      await fixture.checkpoint.close();
    });

    it('logits, dense and under gates', async () => {
      for (const { gates, logits } of fixture.runs) {
        const own = await decoder.under({ gates }).logits(fixture.batch);
        expect(difference(own, logits).relative).toBeLessThan(TOLERANCE);
      }
    });

    it('losses and gate gradients', async () => {
      for (const { gates, loss, gradients } of fixture.runs) {
        const own = await decoder.lossAndGateGradients(fixture.batch, gates);
        expect(Math.abs(own.loss - loss)).toBeLessThan(TOLERANCE * Math.abs(loss));
        expect(difference(own.gradients, gradients).relative).toBeLessThan(TOLERANCE);
      }
    });

    it('generates the same tokens', async () => {
      const { prompt, continuation } = fixture;
      if (continuation.length === 0) return; // cached keys of transformers give another text
      const own: number[] = [];
      for await (const id of decoder.under().generate(prompt, { maxTokens: continuation.length }))
        own.push(id);
      expect(own).toEqual([...continuation]);
    });

    it('reads the config of the newer transformers alike', () => {
      if (!fixture.newerConfig) return; // made by transformers 5
      const { architecture: _, ...older } = decoder.config;
      const { architecture: __, ...newer } = decoderConfig(fixture.newerConfig!);
      expect(newer).toEqual(older);
    });
  });
