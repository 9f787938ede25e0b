import { type Checkpoint, ggufName, type TensorData } from '@grasp/checkpoint';
import type { DecoderConfig } from '@grasp/decoder';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import type { ModelLayout } from './model-layout.js';
import { rotaryDivisors } from './model-metadata.js';
import { padTensor } from './pad-tensor.js';
import { interleaveRotaryRows } from './rotary-rows.js';

/** A tensor as it will stand in the file. */
export interface PlannedTensor {
  readonly name: string;
  /** Row-major, `[out, in]` for a matrix. */
  readonly shape: readonly number[];
  /** Whether it computes the logits. */
  readonly isHead: boolean;
  read(): Promise<TensorData>;
}

type Matrix = readonly [rows: number, columns: number];

/**
 * Every tensor of the file, in order, in its stored shape.
 *
 * @throws InexpressibleModelError for tensors that llama.cpp has no name for.
 */
export function plannedTensors(
  checkpoint: Checkpoint,
  decoder: DecoderConfig,
  layout: ModelLayout,
): PlannedTensor[] {
  const unused = tensorsOfRemovedParts(checkpoint, decoder, 'GGUF');
  const planned: PlannedTensor[] = [];
  const add = (name: string, shape: readonly number[], rotary = false) => {
    const gguf = ggufName(name)!;
    const isHead = name === 'lm_head.weight' || (decoder.tiedHead && name === 'model.embed_tokens.weight');
    planned.push({ name: gguf, shape, isHead, read: () => read(name, shape, rotary) });
  };
  const read = async (name: string, shape: readonly number[], rotary: boolean): Promise<TensorData> => {
    const source = checkpoint.tensors.has(name) ? await checkpoint.read(name) : undefined;
    const tensor = padTensor(source, shape);
    if (!rotary) return tensor;
    const columns = shape[1] ?? 1;
    return tensor.dtype === 'F32'
      ? { ...tensor, data: interleaveRotaryRows(tensor.data, decoder.headSize, columns) }
      : { ...tensor, data: interleaveRotaryRows(tensor.data, decoder.headSize, columns) };
  };
  const addIfThere = (name: string, shape: readonly number[], rotary = false) => {
    if (checkpoint.tensors.has(name) && !unused.has(name)) add(name, shape, rotary);
  };

  const { hiddenSize: d, headSize: h, vocabSize: V, headsPerGroup: G } = decoder;
  add('model.embed_tokens.weight', [V, d]);
  add('model.norm.weight', [d]);
  if (!decoder.tiedHead) add('lm_head.weight', [V, d]);
  const divisors = rotaryDivisors(decoder);
  if (divisors) {
    const shape = [divisors.length];
    const data: TensorData = { dtype: 'F32', shape, data: divisors };
    planned.push({ name: 'rope_freqs.weight', shape, isHead: false, read: async () => data });
  }
  layout.layers.forEach(({ channels: F, groups }, index) => {
    const layer = `model.layers.${index}`;
    const [heads, kv] = [groups * G * h, groups * h];
    const projection = (name: string, [rows, columns]: Matrix, rotary = false) => {
      add(`${layer}.${name}.weight`, [rows, columns], rotary);
      addIfThere(`${layer}.${name}.bias`, [rows], rotary);
    };
    if (groups > 0) {
      add(`${layer}.input_layernorm.weight`, [d]);
      projection('self_attn.q_proj', [heads, d], layout.interleaved);
      projection('self_attn.k_proj', [kv, d], layout.interleaved);
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
