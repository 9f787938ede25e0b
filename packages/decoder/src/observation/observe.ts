import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { type Pass, PreparedLayers } from '../layers/prepared-layers.js';
import { disposePositions, type Positions } from '../layers/rotary-positions.js';
import { splitParameters } from '../layers/split-parameters.js';
import { splitLora } from '../math/lora.js';
import { normedInput, residualOutput } from '../math/residual.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { checkBatch, type TokenBatch } from '../token-batch.js';
import { type Permutation, rowsOfUnits } from '../weights/permutation.js';
import { matchSites, SUBLAYER_SITES, siteName } from './sites.js';

/**
 * Receives one observed tensor. The tensor is disposed of when the call, or its promise, ends; `clone` keeps it.
 *
 * @param batch index of the batch.
 */
export type TakeObserved = (site: string, tensor: tf.Tensor2D, batch: number) => void | Promise<void>;

/** The tensors of one sublayer: the stream after it, and what was asked for. */
export interface Observed {
  readonly after: tf.Tensor; //               [N, d]
  readonly normed?: tf.Tensor | undefined; // [N, d]
  readonly inputs?: tf.Tensor | undefined; // [N, U·w]
  readonly output?: tf.Tensor | undefined; // [N, d]
}

/** See `DecoderView.observe`. */
export async function observe(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batches: Iterable<TokenBatch>,
  names: readonly string[],
  take: TakeObserved,
): Promise<void> {
  const sites = matchSites(parts, names);
  const layers = new PreparedLayers(parts, splitParameters(parts, parameters, 'kept'));
  try {
    let index = 0;
    for (const batch of batches) {
      checkBatch(parts.config, batch, 1);
      const positions = parts.positions.range(0, batch.shape[1]);
      const at = index++;
      try {
        await walk(parts, layers, batch, positions, sites, (site, tensor) =>
          take(site, tensor as tf.Tensor2D, at),
        );
      } finally {
        disposePositions(positions);
      }
    }
  } finally {
    layers.dispose();
  }
}

/** Takes one batch up to the last site. */
async function walk(
  parts: DecoderParts,
  layers: PreparedLayers,
  { ids }: TokenBatch,
  positions: Positions,
  sites: ReadonlySet<string>,
  take: (site: string, tensor: tf.Tensor) => void | Promise<void>,
): Promise<void> {
  const { config, head, sublayers } = parts;
  let left = sites.size;
  const give = async (site: string, tensor: tf.Tensor | undefined) => {
    if (!tensor || !sites.has(site)) return;
    left--;
    await take(site, tensor);
  };
  let x = tf.tidy(() => head.embed(ids)); // [N, d]
  try {
    for (let layer = 0; layer < config.layers.length; layer++) {
      await give(`layers.${layer}.before`, x);
      for (const [i, { block }] of sublayers.entries()) {
        if (block.layer !== layer) continue;
        if (left === 0) return;
        const [before, normed, inputs, output, after] = SUBLAYER_SITES.map((site) =>
          siteName(block, site),
        ) as [string, string, string, string, string];
        await give(before, x);
        const wanted = { normed: sites.has(normed), inputs: sites.has(inputs), output: sites.has(output) };
        const passed = layers.run((passes) => ({
          ...observeSublayer(
            parts,
            passes[i]!,
            layers.parameters.sublayers[i]!.permutation,
            x,
            positions,
            wanted,
          ),
        })) as Observed;
        x.dispose();
        x = passed.after;
        try {
          await give(normed, passed.normed);
          await give(inputs, passed.inputs);
          await give(output, passed.output);
        } finally {
          passed.normed?.dispose();
          passed.inputs?.dispose();
          passed.output?.dispose();
        }
        await give(after, x);
      }
      await give(`layers.${layer}.after`, x);
    }
  } finally {
    x.dispose();
  }
}

/** One sublayer. Synchronous: its weights lie in the order of the permutation meanwhile. */
export function observeSublayer(
  { config, runtime }: DecoderParts,
  { sublayer, tensors }: Pass,
  permutation: Permutation,
  x: tf.Tensor,
  positions: Positions,
  wanted: { readonly normed?: boolean; readonly inputs?: boolean; readonly output?: boolean },
): Observed {
  if (!wanted.normed && !wanted.inputs && !wanted.output)
    return { after: sublayer.forward(x, tensors, positions) };
  return sublayer.run(() => {
    const inner = sublayer.outputInputs(x, tensors, positions);
    const { outputMatrix: matrix, outputBias: bias, block } = sublayer;
    const { postNorm, lora } = tensors;
    const sizes = sublayer.matrices(permutation.computed);
    const loras = lora ? splitLora(lora, sizes).slice(-1) : [];
    const shape = { epsilon: config.normEpsilon, residualScale: config.residualScale };
    const applied = (to: tf.Tensor) =>
      residualOutput(runtime, shape, { x: to, inner, matrix, bias, postNorm }, loras).y;
    return {
      after: applied(x),
      // A copy: without a norm it is the stream itself.
      normed: wanted.normed ? tf.clone(normedInput(shape, x, tensors)) : undefined,
      inputs: wanted.inputs ? inLayoutOrder(inner, permutation, block.count) : undefined,
      output: wanted.output ? applied(tf.zerosLike(x)) : undefined,
    };
  });
}

/** The inputs of all units in their own order, `[N, U·w]`: 0 for units that are not computed. */
function inLayoutOrder(inputs: tf.Tensor, { order, computed }: Permutation, units: number): tf.Tensor {
  if (computed === units && order.every((unit, place) => unit === place)) return inputs;
  const [N, columns] = inputs.shape as [number, number];
  const places = new Int32Array(units).fill(computed); // of the zeros
  for (let place = 0; place < computed; place++) places[order[place]!] = place;
  const width = columns / computed;
  const padded = tf.concat([inputs, tf.zeros([N, width])], 1);
  return tf.gather(padded, tf.tensor1d(rowsOfUnits(places, width), 'int32'), 1);
}
