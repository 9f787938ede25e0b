import { CheckpointFormatError, CheckpointUnsupportedError } from '../../errors.js';
import type { GgufArchitecture } from '../architectures/architecture.js';
import type { GgufMetadata } from '../header/metadata.js';
import { MODEL, modelKey } from '../keys.js';
import { shortest } from '../model/shortest.js';
import { ROPE_TENSORS } from '../model/tensor-names.js';
import { llama3Scaling } from './llama3-scaling.js';

/** Contents of the tensors with divisors of the frequencies, `[dims / 2]`, as far as a file has them. */
export type RopeTensors = Readonly<Partial<Record<keyof typeof ROPE_TENSORS, Float32Array>>>;

/** What rotary scaling depends on. */
interface Rope {
  /** Entries of a head that are rotated. */
  readonly dims: number;
  readonly theta: number;
  /** Maximum sequence length, in tokens. */
  readonly contextLength: number;
}

/**
 * The `rope_scaling` of config.json, or null if the file has none. As in llama.cpp, the type is linear if the file does not
 * say, and a linear factor applies in addition to divisors.
 *
 * @throws CheckpointFormatError if there are more or fewer divisors than frequencies, or one is not positive;
 *   CheckpointUnsupportedError for a factor on queries and keys that config.json has no place for
 */
export function ropeScaling(
  metadata: GgufMetadata,
  arch: Pick<GgufArchitecture, 'name' | 'rope'>,
  tensors: RopeTensors,
  rope: Rope,
): Record<string, unknown> | null {
  const number = (key: Parameters<typeof modelKey>[1]) => {
    const value = metadata.number(modelKey(arch.name, key));
    return value === undefined ? undefined : shortest(value);
  };
  const type = metadata.text(modelKey(arch.name, MODEL.ropeScalingType)) ?? 'linear';
  const factor = (number(MODEL.ropeScalingFactor) ?? number(MODEL.ropeScaleLinear)) || 1;
  const linear = type === 'linear' ? factor : 1;
  const attention = number(MODEL.ropeAttentionFactor) ?? 1;
  const original = number(MODEL.ropeOriginalContext);
  const divisors = (kind: keyof typeof ROPE_TENSORS) => {
    const values = tensors[kind];
    if (!values) return undefined;
    if (values.length === rope.dims / 2 && values.every((value) => value > 0 && Number.isFinite(value)))
      return values;
    const detail = `${ROPE_TENSORS[kind]} holds ${values.length} numbers, not ${rope.dims / 2} positive ones`;
    throw new CheckpointFormatError(metadata.file, detail);
  };
  const [factors, short, long] = [divisors('factors'), divisors('short'), divisors('long')];
  if (short && long) {
    return {
      rope_type: 'longrope',
      short_factor: Array.from(short, (value) => shortest(value) * linear),
      long_factor: Array.from(long, (value) => shortest(value) * linear),
      original_max_position_embeddings: original ?? rope.contextLength,
      attention_factor: attention,
    };
  }
  if (type !== 'yarn' && attention !== 1) {
    const what = `a factor of ${attention} on queries and keys beside rope scaling of type ${JSON.stringify(type)}`;
    throw new CheckpointUnsupportedError(metadata.file, what, ['such a factor with yarn or longrope']);
  }
  if (factors && (type === 'linear' || type === 'none')) return llama3Scaling(factors, linear, rope);
  if (type === 'none' || (type === 'linear' && factor === 1)) return null;
  return {
    rope_type: type,
    factor,
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
    ...(type === 'yarn' ? yarnFields(factor, attention, number, arch) : {}),
  };
}

/** What a YaRN scaling says beside its factor, where it differs from what transformers fills in. */
function yarnFields(
  factor: number,
  attention: number,
  number: (key: Parameters<typeof modelKey>[1]) => number | undefined,
  { rope }: Pick<GgufArchitecture, 'rope'>,
): Record<string, number> {
  const scale = (weight: number) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const multiplier = (rope?.betas && number(MODEL.yarnLogMultiplier)) || undefined;
  const fast = rope?.betas ? number(MODEL.yarnBetaFast) : undefined;
  const slow = rope?.betas ? number(MODEL.yarnBetaSlow) : undefined;
  return {
    ...(multiplier === undefined ? {} : { mscale: 1, mscale_all_dim: multiplier }),
    ...(attention === 1
      ? {}
      : { attention_factor: (attention * scale(1)) / (multiplier === undefined ? 1 : scale(multiplier)) }),
    ...(fast === undefined ? {} : { beta_fast: fast }),
    ...(slow === undefined ? {} : { beta_slow: slow }),
  };
}
