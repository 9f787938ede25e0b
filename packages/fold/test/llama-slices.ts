import type { UnitSlice } from '../src/index.js';

/** The tensors of a LLaMA layer's units: `h` is the head size, `G` the query heads of a group. */
export function llamaSlices(layers: number, h: number, G: number): UnitSlice[] {
  return Array.from({ length: layers }, (_, layer) => {
    const slice = (name: string, kind: string, axis: 0 | 1, width: number, scaled = false): UnitSlice => ({
      tensor: `model.layers.${layer}.${name}.weight`,
      axis,
      layer,
      kind,
      width,
      scaled,
    });
    return [
      slice('mlp.gate_proj', 'ffn', 0, 1),
      slice('mlp.up_proj', 'ffn', 0, 1),
      slice('mlp.down_proj', 'ffn', 1, 1, true),
      slice('self_attn.q_proj', 'kv', 0, G * h),
      slice('self_attn.k_proj', 'kv', 0, h, true),
      slice('self_attn.v_proj', 'kv', 0, h, true),
      slice('self_attn.o_proj', 'kv', 1, G * h),
    ];
  }).flat();
}
