import {
  chosenGgufTypes,
  type GgufFileType,
  type GgufModel,
  type GgufTensor,
  type StoredGgufType,
} from '@grasp/checkpoint';
import type { DecoderConfig } from '@grasp/decoder';
import { type ModelLayout, WIDTH_MULTIPLE } from './model-layout.js';

/** What a GGUF file holds that the model does not, and what it holds in another form than asked for. */
export interface GgufSummary {
  /** Number of matrices stored in each type. */
  readonly matrices: Readonly<Partial<Record<StoredGgufType, number>>>;
  /** Share of the elements of the file that are zeros added as padding. */
  readonly paddedShare: number;
  /** FFN widths before padding that are no multiple of {@link widthMultiple}. Each is named once. */
  readonly paddedWidths: readonly number[];
  /** FFN widths are rounded up to multiples of this. */
  readonly widthMultiple: number;
}

/** Summarises a file that is to be written. */
export function ggufSummary(
  decoder: DecoderConfig,
  layout: ModelLayout,
  model: GgufModel,
  tensors: readonly Pick<GgufTensor, 'name' | 'shape' | 'isHead'>[],
  type: GgufFileType,
): GgufSummary {
  const matrices: Partial<Record<StoredGgufType, number>> = {};
  let elements = 0;
  const chosen = chosenGgufTypes(type, tensors, model);
  for (const [index, { shape }] of tensors.entries()) {
    elements += shape.reduce((product, size) => product * size, 1);
    if (shape.length < 2) continue;
    const stored = chosen[index]!.type;
    matrices[stored] = (matrices[stored] ?? 0) + 1;
  }
  const { hiddenSize, headDim, queriesPerKvHead } = decoder;
  const widths = new Set<number>();
  let padded = 0;
  layout.layers.forEach(({ channels, kvHeads }, index) => {
    const own = decoder.layers[index]!;
    if (own.channels !== channels) widths.add(own.channels);
    padded += 3 * hiddenSize * (channels - own.channels);
    padded += 2 * (queriesPerKvHead + 1) * headDim * hiddenSize * (kvHeads - own.kvHeads);
  });
  return {
    matrices,
    paddedShare: padded / elements,
    paddedWidths: [...widths].sort((a, b) => a - b),
    widthMultiple: WIDTH_MULTIPLE,
  };
}
