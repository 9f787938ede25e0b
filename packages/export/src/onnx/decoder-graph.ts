/**
 * A decoder as an ONNX graph: one forward pass over new tokens, with a cache of keys and values.
 *
 * Dims: B rows, T new tokens, d hidden size, V vocabulary.
 */
import type { DecoderCheckpoint } from '@grasp/decoder';
import { GraphBuilder } from './graph-builder.js';
import { attention, feedForward, rmsNorm, softCap } from './layers.js';
import { ModelWeights } from './model-weights.js';
import type { OnnxGraph, Value } from './onnx-graph.js';
import { TextValues } from './text-values.js';

const EMBEDDING = 'model.embed_tokens.weight';
const FINAL_NORM = 'model.norm.weight';
const HEAD = 'lm_head.weight';

/**
 * The graph of a model, from the spec of its decoder. Inputs and outputs have the names of optimum and transformers.js:
 * `input_ids`, `attention_mask`, `position_ids`, `past_key_values.N.key` and `.value` of each layer that has attention;
 * `logits`, `present.N.key` and `.value`. No weight is read.
 *
 * @param products type of weights, cached keys and values, and matrix products
 */
export function decoderGraph(checkpoint: DecoderCheckpoint, products: 'FLOAT' | 'FLOAT16'): OnnxGraph {
  const { decoder } = checkpoint;
  const g = new GraphBuilder(products);
  const weights = new ModelWeights(g, checkpoint);
  const inputs = {
    inputIds: g.input('input_ids', 'INT64', ['batch_size', 'sequence_length']),
    attentionMask: g.input('attention_mask', 'INT64', ['batch_size', 'total_sequence_length']),
    positionIds: g.input('position_ids', 'INT64', ['batch_size', 'sequence_length']),
  };
  const context = { g, weights, decoder, text: new TextValues(g, inputs, decoder) };
  const embedding = weights.table(EMBEDDING);
  const rows = g.widen(g.node('Gather', [embedding, inputs.inputIds], { axis: 0 })); // [B, T, d]
  let x = g.scale(rows, decoder.embeddingScale);
  for (const [layer, { kvHeads, channels }] of decoder.layers.entries()) {
    x = g.within(`layers.${layer}`, () => {
      const mixed = kvHeads > 0 ? g.within('attention', () => attention(context, layer, x)) : x;
      return channels > 0 ? g.within('ffn', () => feedForward(context, layer, mixed)) : mixed;
    });
  }
  const { normOffset: offset, logitScale: factor, logitCap, vocabSize } = decoder;
  const hidden = rmsNorm(g, x, weights.vector(FINAL_NORM, { offset, factor }), decoder.normEpsilon);
  const head = decoder.tiedHead
    ? tiedLogits(g, hidden, embedding, inputs.inputIds, decoder)
    : g.matMul(hidden, weights.matrix(HEAD));
  const logits = logitCap === undefined ? head : softCap(g, head, logitCap);
  const shape = ['batch_size', 'sequence_length', vocabSize];
  g.output(logits, 'logits', 'FLOAT', shape);
  g.outputs.unshift(g.outputs.pop()!); // first, as in other files
  return g;
}

/** Logits by the rows of the embedding, which is stored once. `Gemm` multiplies by them as they lie; `MatMul` cannot. */
function tiedLogits(
  g: GraphBuilder,
  hidden: Value,
  embedding: Value,
  inputIds: Value,
  { hiddenSize, vocabSize }: { readonly hiddenSize: number; readonly vocabSize: number },
): Value {
  const flat = g.narrow(g.reshape(hidden, [-1, hiddenSize])); // [B · T, d]
  const logits = g.widen(g.node('Gemm', [flat, embedding], { transB: 1 })); // [B · T, V]
  const shape = g.concat([g.node('Shape', [inputIds]), g.integers([vocabSize])], 0);
  return g.node('Reshape', [logits, shape]); // [B, T, V]
}
