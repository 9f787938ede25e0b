/**
 * A decoder written the obvious way, without a thought for speed, as an independent statement of what the
 * gated decoder computes; tfjs differentiates it.
 */
import type { Checkpoint } from '@grasp/checkpoint';
import * as tf from '@tensorflow/tfjs-core';
import { rotaryFrequencies } from '../src/math/rotary-frequencies.js';
import type { DecoderConfig } from '../src/spec/config.js';
import type { TokenBatch } from '../src/token-batch.js';

/** The loss of one batch as a function of the gates, `[units]` in layout order: FFN then KV, layer by layer. */
export async function plainLoss(
  checkpoint: Checkpoint,
  config: DecoderConfig,
  batch: TokenBatch,
  gateKeys: boolean,
): Promise<(gates: tf.Tensor) => tf.Scalar> {
  const weights = new Map<string, tf.Tensor>();
  for (const name of checkpoint.tensors.keys()) {
    const { data, shape } = await checkpoint.read(name);
    weights.set(name, tf.tensor(data as Float32Array, [...shape]));
  }
  const [B, length] = batch.shape;
  const { headDim: h, queriesPerKvHead: G, normEpsilon } = config;
  const ids = tf.tensor2d(batch.ids, [B, length], 'int32');
  const T = length - 1;
  const frequencies = rotaryFrequencies(config.attention[0]!.rotary!);
  const angles = tf.tensor2d(
    Float32Array.from({ length: T * h }, (_, i) => Math.floor(i / h) * frequencies[(i % h) % (h / 2)]!),
    [T, h],
  );
  const causal = tf.tensor2d(
    Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0)),
    [T, T],
  );

  const norm = (x: tf.Tensor, name: string) =>
    tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), normEpsilon))), weights.get(name)!);
  const linear = (x: tf.Tensor, name: string) => {
    const weight = weights.get(`${name}.weight`)!;
    const flat = tf.matMul(tf.reshape(x, [-1, weight.shape[1]!]), weight, false, true);
    const bias = weights.get(`${name}.bias`);
    return tf.reshape(bias ? tf.add(flat, bias) : flat, [B, T, weight.shape[0]!]);
  };
  const rotate = (x: tf.Tensor) => {
    const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
    return tf.add(tf.mul(x, tf.cos(angles)), tf.mul(tf.concat([tf.neg(b), a], -1), tf.sin(angles)));
  };

  return (gates) => {
    let at = 0;
    const take = (count: number) => {
      at += count;
      return tf.slice(gates, [at - count], [count]);
    };
    let x = tf.gather(weights.get('model.embed_tokens.weight')!, tf.slice(ids, [0, 0], [B, T]));
    config.layers.forEach(({ channels, kvHeads }, l) => {
      const layer = `model.layers.${l}`;
      const zChannels = take(channels);
      const zGroups = tf.reshape(take(kvHeads), [1, kvHeads, 1, 1]);
      const a = norm(x, `${layer}.input_layernorm.weight`);
      const heads = (name: string) => {
        const y = linear(a, `${layer}.self_attn.${name}_proj`);
        return tf.transpose(tf.reshape(y, [B, T, -1, h]), [0, 2, 1, 3]);
      };
      const normed = (y: tf.Tensor, name: string) => {
        const full = `${layer}.self_attn.${name}_norm.weight`;
        return weights.has(full) ? norm(y, full) : y;
      };
      /** Each group's keys or values once for each of its heads. */
      const repeat = (y: tf.Tensor) =>
        tf.concat(
          tf.split(y, kvHeads, 1).flatMap((group) => Array.from({ length: G }, () => group)),
          1,
        );
      const query = rotate(normed(heads('q'), 'q'));
      const key = rotate(normed(heads('k'), 'k'));
      const gatedKey = repeat(gateKeys ? tf.mul(key, zGroups) : key);
      const gatedValue = repeat(tf.mul(heads('v'), zGroups));
      const scores = tf.add(tf.div(tf.matMul(query, gatedKey, false, true), Math.sqrt(h)), causal);
      const mixed = tf.transpose(tf.matMul(tf.softmax(scores), gatedValue), [0, 2, 1, 3]);
      x = tf.add(x, linear(tf.reshape(mixed, [B, T, kvHeads * G * h]), `${layer}.self_attn.o_proj`));
      const b = norm(x, `${layer}.post_attention_layernorm.weight`);
      const gate = linear(b, `${layer}.mlp.gate_proj`);
      const hidden = tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(b, `${layer}.mlp.up_proj`));
      x = tf.add(x, linear(tf.mul(hidden, zChannels), `${layer}.mlp.down_proj`));
    });
    const head = weights.get('lm_head.weight') ?? weights.get('model.embed_tokens.weight')!;
    const last = tf.reshape(norm(x, 'model.norm.weight'), [B * T, config.hiddenSize]);
    const logProbabilities = tf.logSoftmax(tf.matMul(last, head, false, true));
    const targets = tf.oneHot(tf.reshape(tf.slice(ids, [0, 1], [B, T]), [-1]), config.vocabSize);
    return tf.neg(tf.mean(tf.sum(tf.mul(logProbabilities, targets), -1))) as tf.Scalar;
  };
}
