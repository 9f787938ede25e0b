import { MODEL } from '../keys.js';
import type { GgufArchitecture } from './architecture.js';
import {
  ATTENTION,
  FEED_FORWARD,
  FUSED_QKV,
  HEAD_NORMS,
  LLAMA_PARTS,
  NORMS,
  QKV,
  QKVO,
  SILU,
} from './parts.js';

/** Qwen3: each head's query and key are normalised. */
export const qwen3: GgufArchitecture = {
  name: 'qwen3',
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  parts: { ...LLAMA_PARTS, ...HEAD_NORMS },
  activation: SILU,
  biases: QKV,
  biasFields: { attention_bias: QKVO },
};

/** OpenELM, whose layers may differ in width, computes what Qwen3 with a tied head does. */
export const openelm: GgufArchitecture = {
  ...qwen3,
  name: 'openelm',
  parts: { ...NORMS, ...FUSED_QKV, ...HEAD_NORMS, attn_output: ATTENTION.attn_output, ...FEED_FORWARD },
  head: 'tied',
  biases: [],
  byLayer: ['channels', 'heads'],
};

/**
 * Step 3.5 without experts, whose layers may differ in heads, computes what Qwen3 with a head of its own does. Some layers
 * must have a window, which is as long as the context here, and rotate without scaling; the others rotate half of what the
 * metadata say.
 */
export const step35: GgufArchitecture = {
  ...qwen3,
  name: 'step35',
  head: 'own',
  biases: [],
  byLayer: ['heads'],
  rope: { twice: true, unscaled: true },
  padding: ({ layers, headDim, contextLength, theta }) => ({
    [MODEL.expertChannels]: 32,
    [MODEL.ropeDimLocal]: headDim,
    [MODEL.ropeThetaLocal]: theta,
    [MODEL.window]: contextLength,
    [MODEL.windowPattern]: Array.from({ length: layers }, (_, layer) => layer === 0),
  }),
};
