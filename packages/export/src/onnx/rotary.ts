/**
 * The rotation of queries and keys. The two entries of a pair lie half a head apart (see `ModelWeights`).
 *
 * Dims: B rows, T tokens, h head size.
 */
import { type RotaryConfig, rotaryFrequencies } from '@grasp/decoder';
import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './onnx-graph.js';

/** Cosines and sines of positions, and the factor on queries at them. */
export interface Rotation {
  readonly cos: Value; //                  [B, 1, T, h / 2]
  readonly sin: Value; //                  [B, 1, T, h / 2]
  readonly queryScale: Value | undefined; // [B, 1, T, 1]
}

/** Rotates `x [B, heads, T, h]`. */
export function rotate(g: GraphBuilder, x: Value, { cos, sin }: Rotation, headDim: number): Value {
  const [first, second] = g.halves(x, headDim / 2);
  const turned = [
    g.subtract(g.multiply(first, cos), g.multiply(second, sin)),
    g.add(g.multiply(second, cos), g.multiply(first, sin)),
  ];
  return g.concat(turned, -1);
}

/**
 * The rotation at positions.
 *
 * @param positions int64, `[B, T]`
 * @param frequencies of {@link frequenciesOf}
 */
export function rotationAt(
  g: GraphBuilder,
  rotary: RotaryConfig,
  headDim: number,
  positions: Value,
  frequencies: Value,
): Rotation {
  const column = g.unsqueeze(g.cast(positions, 'FLOAT'), 1, 3); // [B, 1, T, 1]
  const angles = g.multiply(column, frequencies); // [B, 1, T, h / 2]
  // Entries that are not rotated have no factor.
  const factors = halfHead(
    headDim,
    1,
    new Array<number>(Math.ceil(rotary.dims / 2)).fill(rotary.attentionFactor),
  );
  const scaled = (x: Value) => (rotary.attentionFactor === 1 ? x : g.multiply(x, g.floats(factors)));
  return {
    cos: scaled(g.node('Cos', [angles])),
    sin: scaled(g.node('Sin', [angles])),
    queryScale: rotary.queryScale && queryScaleAt(g, rotary.queryScale, positions),
  };
}

/** `1 + beta · ln(1 + ⌊position / contextLength⌋)` */
function queryScaleAt(
  g: GraphBuilder,
  { beta, contextLength }: NonNullable<RotaryConfig['queryScale']>,
  positions: Value,
): Value {
  const times = g.cast(g.node('Div', [positions, g.integers(contextLength)]), 'FLOAT');
  const factor = g.add(g.multiply(g.node('Log', [g.add(times, 1)]), beta), 1);
  return g.unsqueeze(factor, 1, 3);
}

/**
 * Frequencies of each pair, `[h / 2]`; 0 for entries that are not rotated.
 *
 * @param length tokens of the text so far, float32
 */
export function frequenciesOf(
  g: GraphBuilder,
  rotary: RotaryConfig,
  headDim: number,
  length: () => Value,
): Value {
  const constant = (values: ArrayLike<number>) => g.floats(halfHead(headDim, 0, values));
  const short = constant(rotaryFrequencies(rotary));
  if (rotary.scaling === 'longrope') {
    const isLong = g.node('Greater', [length(), g.floats([rotary.originalContextLength], [])]);
    return g.node('Where', [isLong, constant(rotaryFrequencies(rotary, Infinity)), short]);
  }
  if (rotary.scaling === 'dynamic') {
    // The base is θ · growth^(d / (d − 2)), so frequency i is multiplied by growth^(−2i / (d − 2)).
    const { dims, factor, originalContextLength: context } = rotary;
    const read = g.node('Max', [length(), g.floats([context], [])]);
    const growth = g.subtract(g.multiply(read, factor / context), factor - 1);
    const exponents = Array.from({ length: dims / 2 }, (_, i) => (-2 * i) / (dims - 2));
    return g.multiply(short, g.power(growth, constant(exponents)));
  }
  return short;
}

/** Values of the rotated pairs, and `rest` for the others. */
function halfHead(headDim: number, rest: number, values: ArrayLike<number>): Float32Array {
  const all = new Float32Array(headDim / 2).fill(rest);
  all.set(Array.from(values));
  return all;
}
