import {
  type Checkpoint,
  type GgufTensor,
  ggufArchitecture,
  ggufName,
  hasRotaryRows,
  pairRotaryRows,
  ROPE_FACTORS,
  type TensorData,
} from '@grasp/checkpoint';
import type { DecoderConfig } from '@grasp/decoder';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import type { ModelLayout } from './model-layout.js';
import { padTensor } from './pad-tensor.js';
import { rotaryDivisors } from './rotary-divisors.js';
import { rotaryOf } from './rotary-of.js';

type Matrix = readonly [rows: number, columns: number];

/**
 * Every tensor of the file, in order and in its stored shape.
 *
 * @throws InexpressibleModelError for a bias of a layer part that was removed
 */
export function plannedTensors(
  checkpoint: Checkpoint,
  decoder: DecoderConfig,
  layout: ModelLayout,
  importance: ReadonlyMap<string, Float32Array> = new Map(),
): GgufTensor[] {
  const unused = tensorsOfRemovedParts(checkpoint, decoder, 'GGUF');
  const planned: GgufTensor[] = [];
  const { pairedRows } = ggufArchitecture(layout.architecture);
  const add = (name: string, shape: readonly number[]) => {
    const isHead = name === 'lm_head.weight' || (decoder.tiedHead && name === 'model.embed_tokens.weight');
    const given = importance.get(name);
    const columns = checkpoint.tensors.get(name)?.shape.at(-1);
    if (given !== undefined && columns !== undefined && given.length !== columns) {
      throw new RangeError(`${name} has ${columns} columns, and ${given.length} values of importance.`);
    }
    planned.push({
      ...{ name: ggufName(name)!, shape, isHead },
      importance: given && padded(given, shape.at(-1)!),
      read: () => read(name, shape),
    });
  };
  const read = async (name: string, shape: readonly number[]): Promise<TensorData> => {
    const source = checkpoint.tensors.has(name) ? await checkpoint.read(name) : undefined;
    const tensor = padTensor(source, shape);
    if (!pairedRows || !hasRotaryRows(name)) return tensor;
    const columns = shape[1] ?? 1;
    return tensor.dtype === 'F32'
      ? { ...tensor, data: pairRotaryRows(tensor.data, decoder.headDim, columns) }
      : { ...tensor, data: pairRotaryRows(tensor.data, decoder.headDim, columns) };
  };
  const addIfThere = (name: string, shape: readonly number[]) => {
    if (checkpoint.tensors.has(name) && !unused.has(name)) add(name, shape);
  };

  const { hiddenSize: d, headDim: h, vocabSize: V, queriesPerKvHead: G } = decoder;
  add('model.embed_tokens.weight', [V, d]);
  add('model.norm.weight', [d]);
  if (!decoder.tiedHead) add('lm_head.weight', [V, d]);
  const divisors = rotaryDivisors(rotaryOf(checkpoint, decoder));
  if (divisors) {
    const shape = [divisors.length];
    const data: TensorData = { dtype: 'F32', shape, data: divisors };
    planned.push({ name: ROPE_FACTORS, shape, isHead: false, read: async () => data });
  }
  layout.layers.forEach(({ channels: F, kvHeads }, index) => {
    const layer = `model.layers.${index}`;
    const [heads, kv] = [kvHeads * G * h, kvHeads * h];
    const projection = (name: string, [rows, columns]: Matrix) => {
      add(`${layer}.${name}.weight`, [rows, columns]);
      addIfThere(`${layer}.${name}.bias`, [rows]);
    };
    if (kvHeads > 0) {
      add(`${layer}.input_layernorm.weight`, [d]);
      projection('self_attn.q_proj', [heads, d]);
      projection('self_attn.k_proj', [kv, d]);
      projection('self_attn.v_proj', [kv, d]);
      projection('self_attn.o_proj', [d, heads]);
      addIfThere(`${layer}.self_attn.q_norm.weight`, [h]);
      addIfThere(`${layer}.self_attn.k_norm.weight`, [h]);
    }
    add(`${layer}.post_attention_layernorm.weight`, [d]);
    projection('mlp.gate_proj', [F, d]);
    projection('mlp.up_proj', [F, d]);
    projection('mlp.down_proj', [d, F]);
  });
  return planned;
}

/** Columns of zeros that are added to a matrix have no importance. */
function padded(importance: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(columns);
  out.set(importance);
  return out;
}
