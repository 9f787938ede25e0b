import { type Checkpoint, elementCount } from '@grasp/checkpoint';
import { kvCacheBytesPerToken, parameterCounts } from './costs/parameter-counts.js';
import type { DecoderConfig } from './spec/config.js';
import { decoderCheckpoint } from './spec/decoder-checkpoint.js';
import { decoderLayout } from './spec/units.js';

/** Shape and size of a model. */
export interface ModelDescription {
  readonly source: string;
  readonly config: DecoderConfig;
  readonly parameters: { readonly total: number; readonly prunable: number };
  /** Number of prunable units of each kind, and the cost of a KV group in FFN channels. */
  readonly units: { readonly ffn: number; readonly kv: number; readonly kvCost: number };
  /** At two bytes per element. */
  readonly kvCacheBytesPerToken: number;
  readonly tensors: { readonly count: number; readonly dtypes: readonly string[]; readonly bytes: number };
  /** Files that are copied with the weights. */
  readonly files: readonly string[];
  /** For the user: each way in which the files deviate from config.json, and what cannot be pruned. */
  readonly warnings: readonly string[];
}

/**
 * Describes a checkpoint from its headers. Reads no weight. Tensors that the model does not have are not counted.
 *
 * @throws UnsupportedModelError, ModelConfigError
 */
export function describeModel(checkpoint: Checkpoint): ModelDescription {
  const model = decoderCheckpoint(checkpoint);
  const config = model.decoder;
  const { blocks } = decoderLayout(config);
  const count = (kind: string) => blocks.reduce((sum, b) => sum + (b.kind === kind ? b.count : 0), 0);
  const tensors = [...model.tensors.values()];
  return {
    source: checkpoint.source,
    config,
    parameters: {
      total: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      prunable: parameterCounts(config).prunable,
    },
    units: { ffn: count('ffn'), kv: count('kv'), kvCost: blocks.find((b) => b.kind === 'kv')?.cost ?? 0 },
    kvCacheBytesPerToken: kvCacheBytesPerToken(config),
    tensors: {
      count: tensors.length,
      dtypes: [...new Set(tensors.map(({ dtype }) => dtype))],
      bytes: tensors.reduce(
        (sum, { shape, dtype }) => sum + elementCount(shape) * (dtype === 'F32' ? 4 : 2),
        0,
      ),
    },
    files: checkpoint.files.map(({ name }) => name),
    warnings: [...model.warnings, ...fixedGroups(config)],
  };
}

/** Says so if KV groups cannot be pruned. */
function fixedGroups({ groupGate, architecture }: DecoderConfig): string[] {
  if (groupGate !== 'none') return [];
  return [
    `${architecture.modelType} normalises the queries, and the keys, of all heads together, so removing a KV group would ` +
      'change the others. FFN channels alone can be pruned.',
  ];
}
