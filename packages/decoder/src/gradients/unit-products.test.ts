import { toFloat32 } from '@grasp/checkpoint';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureFixture, fixtureNames } from '../../test/architecture-fixtures.js';
import { loadDecoder } from '../load-decoder.js';
import { attentionMatrices } from '../math/attention/attention-shape.js';
import { feedForwardMatrices } from '../math/feed-forward.js';
import { joined, readerOf } from '../math/vector-parts.js';
import { architectures } from '../spec/architectures/index.js';
import { decoderCheckpoint } from '../spec/decoder-checkpoint.js';
import { headRows } from '../weights/head-rows.js';
import { type ProjectionName, projectionName } from '../weights/tensor-names.js';
import { inOrder } from '../weights/weight-reader.js';

const plain = architectures.map(
  ({ modelType }) => fixtureNames.find((name) => name.split('-')[0] === modelType) ?? modelType,
);

/** An identity, of which the larger side may be cut. */
const identity = (n: number) => Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

describe.each(plain)('weight products of %s', (name) => {
  beforeAll(() => tf.setBackend('wasm'));

  it('are those of the whole gradients, which LoRA of full rank has', async () => {
    const { checkpoint, batch, runs } = await architectureFixture(name);
    const decoder = await loadDecoder(checkpoint);
    const { config, layout } = decoder;
    const { hiddenSize: d, headDim: h, queriesPerKvHead: G } = config;
    // With A = 1 and B = 0, dL/dB is the gradient of a matrix that reads the stream; with A = 0 and B = 1, dL/dA is that of
    // one that writes to it.
    const sublayers = config.layers.flatMap(({ channels, kvHeads }, layer) => [
      { layer, kind: 'kv', units: kvHeads, sizes: attentionMatrices(config, kvHeads) },
      {
        layer,
        kind: 'ffn',
        units: channels,
        sizes: feedForwardMatrices(d, channels, config.gatedFeedForward),
      },
    ]);
    const lora = joined(
      sublayers.flatMap(({ sizes }) =>
        sizes.flatMap(([n, m], at) =>
          at < sizes.length - 1
            ? [identity(d), new Float32Array(d * m)]
            : [new Float32Array(n * d), identity(d)],
        ),
      ),
    );
    const gates = runs.at(-1)!.gates.map((gate) => gate || 0.5);
    const { gradients } = await decoder.under({ gates, lora }).lossAndGradients(batch, ['lora']);
    const next = readerOf(gradients.lora);
    const expected = new Map<string, { signed: number[]; absolute: number[] }>();
    const weights = decoderCheckpoint(checkpoint);
    for (const { layer, kind, units, sizes } of sublayers) {
      const parts: [ProjectionName, number][][] =
        kind === 'kv'
          ? [
              [
                ['q', G * h],
                ['k', h],
              ],
              [['v', h]],
              [['o', G * h]],
            ]
          : (config.gatedFeedForward ? (['gate', 'up', 'down'] as const) : (['up', 'down'] as const)).map(
              (p) => [[p, 1]],
            );
      for (const [at, [n, m]] of sizes.entries()) {
        const [a, b] = [next(n * d), next(d * m)];
        const last = at === sizes.length - 1;
        const all = parts[at]!.reduce((sum, [, rows]) => sum + rows, 0);
        let first = 0;
        for (const [matrix, rows] of parts[at]!) {
          const stored = toFloat32(await weights.read(projectionName(layer, matrix, 'weight')));
          const order = matrix === 'q' || matrix === 'k' ? headRows(config) : undefined;
          const weight = order ? inOrder(stored, order, d) : stored;
          const signed: number[] = [];
          const absolute: number[] = [];
          for (let row = 0; row < units * rows; row++) {
            const [unit, within] = [Math.floor(row / rows), row % rows];
            const column = unit * all + first + within; // among the matrices that lie together
            const terms = Array.from({ length: d }, (_, i) =>
              last ? weight[i * n + row]! * a[row * d + i]! : weight[row * d + i]! * b[i * m + column]!,
            );
            signed.push(terms.reduce((sum, x) => sum + x, 0));
            absolute.push(terms.reduce((sum, x) => sum + Math.abs(x), 0));
          }
          first += rows;
          expected.set(`${layer} ${matrix}`, { signed, absolute });
        }
      }
    }
    const { numTensors } = tf.memory();
    const { loss, products } = await decoder.under({ gates }).weightProducts(batch);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(loss).toBeCloseTo((await decoder.lossAndGateGradients(batch, gates)).loss, 5);
    expect(new Set(products.map(({ block }) => block.start))).toEqual(
      new Set(layout.blocks.map(({ start }) => start)),
    );
    for (const { block, matrix, rows, signed, absolute } of products) {
      expect(signed).toHaveLength(block.count * rows);
      const whole = expected.get(`${block.layer} ${matrix}`)!;
      // Signed sums cancel, so they are as exact as the terms that they are made of.
      const scale = Math.max(...whole.absolute);
      for (const [i, sum] of whole.signed.entries())
        expect(Math.abs(signed[i]! - sum), `${block.layer} ${matrix}`).toBeLessThan(1e-4 * scale);
      expect(difference(absolute, Float32Array.from(whole.absolute)).relative, matrix).toBeLessThan(1e-4);
    }
    // Removed units have products of 0 in all of their matrices.
    const mask = Float32Array.from({ length: layout.size }, (_, unit) => (unit % 3 === 0 ? 0 : 1));
    for (const { block, rows, absolute, matrix } of (
      await decoder.under({ gates: mask }).weightProducts(batch)
    ).products)
      absolute.forEach((sum, i) => {
        if (matrix === 'q' || matrix === 'k') return; // of a gate on values alone: weights of queries and keys still turn
        if (mask[block.start + Math.floor(i / rows)] === 0) expect(sum).toBe(0);
      });
    decoder.dispose();
    await checkpoint.close();
  });
});
