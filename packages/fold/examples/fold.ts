/** Fold a mask and scales into any checkpoint: here one layer `down · relu(up · x)` held in memory. */
import { budgetFromKeepRatio, createLayout, projectExact } from '@grasp/budget';
import type { Checkpoint, TensorData } from '@grasp/checkpoint';
import { decodeMask, encodeMask, foldCheckpoint, type UnitSlice } from '@grasp/fold';

const weights = new Map<string, TensorData>([
  ['up', { dtype: 'F32', shape: [4, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
  ['down', { dtype: 'F32', shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
]);
const dense: Checkpoint = {
  source: 'example',
  config: { hidden_units: 4 },
  tensors: new Map([...weights].map(([name, { dtype, shape }]) => [name, { name, dtype, shape }])),
  files: [],
  read: async (name) => weights.get(name)!,
  close: async () => {},
};

// A unit is a row of `up` and a column of `down`; its scale goes into the column.
const unit = { layer: 0, kind: 'hidden', width: 1 } as const;
const slices: UnitSlice[] = [
  { ...unit, tensor: 'up', axis: 0, scaled: false },
  { ...unit, tensor: 'down', axis: 1, scaled: true },
];
const layout = createLayout([{ layer: 0, kind: 'hidden', count: 4, cost: 4 }]);
const mask = projectExact(Float32Array.of(0.9, 0.1, 0.8, 0.2), layout, budgetFromKeepRatio(layout, 0.5));

// The mask file holds all that pruning found out; apply it to any copy of the checkpoint.
const file = encodeMask({ layout, mask, scales: Float32Array.of(1.5, 0, 0.5, 0) });

const pruned = foldCheckpoint(dense, { ...decodeMask(file, layout), slices, config: { hidden_units: 2 } });
export const up = await pruned.read('up'); // [[1, 2], [5, 6]]
export const down = await pruned.read('down'); // [[1.5, 1.5], [7.5, 3.5]]
