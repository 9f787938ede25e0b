import { ggufMetadata } from '../header/metadata.js';
import type { GgufValue } from '../header/read-header.js';
import type { Metadata, MetadataValue } from '../header/values.js';
import { ggufConfig } from './read-config.js';
import { type GgufModel, modelMetadata } from './write-model.js';

/**
 * The config.json that stands for a file with a model, as reading the file gives it. Nothing is written.
 *
 * @param tensors GGUF names and shapes
 */
export function ggufConfigOf(
  model: GgufModel,
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Record<string, unknown> {
  const metadata = ggufMetadata({ metadata: readBack(modelMetadata(model, { type: 'f32' })) }, 'model.gguf');
  const infos = tensors.map(({ name, shape }) => [name, { shape, type: 'F32' as const }] as const);
  return ggufConfig(metadata, new Map(infos), model.rotary.tensors);
}

/** Metadata as they are read after writing. */
function readBack(metadata: Metadata): ReadonlyMap<string, GgufValue> {
  return new Map([...metadata].map(([key, value]) => [key, readValue(value)]));
}

function readValue({ type, value }: MetadataValue): GgufValue {
  if (type === 'STRING' || type === 'BOOL') return value;
  if (typeof value === 'number') return type === 'FLOAT32' ? Math.fround(value) : value;
  return type === 'FLOAT32' ? Float32Array.from(value) : Int32Array.from(value);
}
