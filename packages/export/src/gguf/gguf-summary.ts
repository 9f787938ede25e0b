import {
  chosenGgufTypes,
  elementCount,
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
  /** Whether layers of different widths are padded to the widest, because llama.cpp has one width for all of them. */
  readonly levelled: boolean;
  /** FFN widths before padding, of layers that are padded. Each is named once. */
  readonly paddedWidths: readonly number[];
  /** FFN widths are rounded up to multiples of this. */
  readonly widthMultiple: number;
  /** Tokens of the context: no more than the smallest window of the model, if llama.cpp has no windows for it. */
  readonly contextLength: number;
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
    elements += elementCount(shape);
    if (shape.length < 2) continue;
    const stored = chosen[index]!.type;
    matrices[stored] = (matrices[stored] ?? 0) + 1;
  }
  const widths = new Set<number>();
  layout.layers.forEach(({ channels }, index) => {
    const own = decoder.layers[index]!;
    if (own.channels !== channels) widths.add(own.channels);
  });
  return {
    matrices,
    paddedShare: layout.padding / elements,
    levelled: layout.levelled,
    paddedWidths: [...widths].sort((a, b) => a - b),
    widthMultiple: WIDTH_MULTIPLE,
    contextLength: model.contextLength,
  };
}
