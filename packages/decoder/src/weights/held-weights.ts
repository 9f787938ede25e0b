/** How a decoder holds the weights of a sublayer: unit by unit, so that a mask is a slice. */
import type { DecoderConfig } from '../spec/config.js';
import { headRows } from './head-rows.js';
import { type ProjectionName, projectionName } from './tensor-names.js';
import type { RowsPerUnit } from './weight-reader.js';

/** One unit-major weight, and the tensors of the checkpoint that it holds. */
export interface HeldWeight {
  readonly name: string;
  /** Rows of each unit: `rows` of the first tensor, then of the second, and so on. */
  readonly parts: readonly RowsPerUnit[];
  /** Number of columns; undefined for a vector of biases. */
  readonly columns: number | undefined;
  /** Whether the one tensor has the units in its columns. */
  readonly transposed: boolean;
}

/** Queries and keys, values, output, and the biases of the inputs. */
export function attentionWeights(config: DecoderConfig, layer: number): HeldWeight[] {
  const { headDim: h, queriesPerKvHead: G } = config;
  const order = headRows(config);
  const rows = (of: readonly (readonly [ProjectionName, number])[], kind: 'weight' | 'bias') =>
    of.map(([name, count]) => ({
      name: projectionName(layer, name, kind),
      rows: count,
      order: name === 'v' ? undefined : order,
    }));
  const inputs = [
    ['queryKey', [['q', G * h] as const, ['k', h] as const]],
    ['value', [['v', h] as const]],
  ] as const;
  return [
    ...inputs.flatMap(([name, of]) => inputWeights(config, name, (kind) => rows(of, kind))),
    {
      name: 'output',
      parts: [{ name: projectionName(layer, 'o', 'weight'), rows: G * h }],
      columns: config.hiddenSize,
      transposed: true,
    },
  ];
}

/** Gate (if there is one), up, down, and the biases of the inputs. */
export function feedForwardWeights(config: DecoderConfig, layer: number): HeldWeight[] {
  const inputs = config.gatedFeedForward ? (['gate', 'up'] as const) : (['up'] as const);
  return [
    ...inputs.flatMap((name) =>
      inputWeights(config, name, (kind) => [{ name: projectionName(layer, name, kind), rows: 1 }]),
    ),
    {
      name: 'down',
      parts: [{ name: projectionName(layer, 'down', 'weight'), rows: 1 }],
      columns: config.hiddenSize,
      transposed: true,
    },
  ];
}

function inputWeights(
  { hiddenSize }: DecoderConfig,
  name: string,
  parts: (kind: 'weight' | 'bias') => readonly RowsPerUnit[],
): HeldWeight[] {
  return [
    { name, parts: parts('weight'), columns: hiddenSize, transposed: false },
    { name: `${name}Bias`, parts: parts('bias'), columns: undefined, transposed: false },
  ];
}

/** Rows of each unit in a weight. */
export const unitRowsOf = ({ parts }: HeldWeight): number => parts.reduce((sum, { rows }) => sum + rows, 0);
