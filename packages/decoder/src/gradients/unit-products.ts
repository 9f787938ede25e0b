import type { UnitBlock } from '@grasp/budget';
import type { DecoderParts } from '../decoder-parts.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { splitParameters } from '../layers/split-parameters.js';
import type { Sublayer, SublayerParameters } from '../layers/sublayer.js';
import { readerOf } from '../math/vector-parts.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { DecoderConfig } from '../spec/config.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { checkBatch, meanOverTargets, splitTargets, type TokenBatch } from '../token-batch.js';
import { rowsOfUnits } from '../weights/permutation.js';
import type { ProjectionName } from '../weights/tensor-names.js';
import { backpropagate } from './backpropagation.js';
import { nonFiniteError } from './non-finite.js';

/**
 * Weight times gradient, summed over each row that a block's units have in one matrix; over each column of `o` and
 * `down`. Units are in layout order, each with `rows` entries.
 */
export interface WeightProducts {
  readonly block: UnitBlock;
  readonly matrix: ProjectionName;
  /** Entries of each unit. */
  readonly rows: number;
  /** `Σ_i w_ri · ∂L/∂w_ri` */
  readonly signed: Float32Array;
  /** `Σ_i |w_ri · ∂L/∂w_ri|` */
  readonly absolute: Float32Array;
}

/** See `DecoderView.weightProducts`. */
export async function unitProducts(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batch: TokenBatch,
): Promise<{ readonly loss: number; readonly products: WeightProducts[] }> {
  checkBatch(parts.config, batch, 2);
  const { head, positions, sublayers, layout } = parts;
  const { inputs, tokens } = splitTargets(batch);
  const layers = new PreparedLayers(parts, splitParameters(parts, parameters, 'kept'));
  try {
    const { nll, dWeights } = layers.run((passes) => {
      const at = positions.range(0, tokens, batch.shape[1]);
      const wanted = { pruned: false, tuning: false, weights: true };
      const { nll, dWeights } = backpropagate(head, passes, layers.norm, batch, at, wanted);
      return { nll, dWeights: dWeights! };
    });
    const [losses, values] = (await Promise.all([nll, dWeights].map(readTensor))) as [
      Float32Array,
      Float32Array,
    ];
    const loss = meanOverTargets(batch, losses);
    if (!Number.isFinite(loss)) throw await nonFiniteError(parts, layers, inputs, tokens);
    const next = readerOf(values);
    const products = sublayers.flatMap((sublayer, i) => {
      const own = ofSublayer(parts.config, sublayer, layers.parameters.sublayers[i]!, next);
      return sublayer.block.start < layout.size ? own : []; // the others cannot be pruned
    });
    return { loss, products };
  } finally {
    layers.dispose();
  }
}

/** Takes the sums of one sublayer's matrices and puts them in layout order. */
function ofSublayer(
  { headDim: h, queriesPerKvHead: G, gatedFeedForward }: DecoderConfig,
  { block }: Pick<Sublayer, 'block'>,
  { permutation: { order, computed } }: SublayerParameters,
  next: (length: number) => Float32Array,
): WeightProducts[] {
  const feedForward: ProjectionName[] = gatedFeedForward ? ['gate', 'up', 'down'] : ['up', 'down'];
  /** Rows that a unit has in each of the matrices that lie together. */
  const together: [ProjectionName, number][][] =
    block.kind === 'kv'
      ? [
          [
            ['q', G * h],
            ['k', h],
          ],
          [['v', h]],
          [['o', G * h]],
        ]
      : feedForward.map((name) => [[name, 1]]);
  const take = () =>
    together.map((names) => {
      const rows = names.reduce((sum, [, count]) => sum + count, 0);
      const whole = new Float32Array(block.count * rows);
      const places = rowsOfUnits(order.subarray(0, computed), rows);
      next(computed * rows).forEach((value, place) => {
        whole[places[place]!] = value;
      });
      return { whole, rows };
    });
  const [signed, absolute] = [take(), take()];
  return together.flatMap((names, at) => {
    let first = 0;
    return names.map(([matrix, rows]) => {
      const from = first;
      first += rows;
      const part = ({ whole, rows: all }: { whole: Float32Array; rows: number }) =>
        Float32Array.from(
          { length: block.count * rows },
          (_, i) => whole[Math.floor(i / rows) * all + from + (i % rows)]!,
        );
      return { block, matrix, rows, signed: part(signed[at]!), absolute: part(absolute[at]!) };
    });
  });
}
