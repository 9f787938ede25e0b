/** Prunes a network of one's own: a small language model on tfjs, which reads the last six letters of a text. */
import { budgetFromKeepRatio, createLayout, projectExact } from '@grasp/budget';
import { evaluationWindows, rows, type TokenBatch, textRows, tokenBlocks } from '@grasp/calib-data';
import type { Checkpoint, TensorData } from '@grasp/checkpoint';
import { type LanguageModel, lastOf, perplexity } from '@grasp/eval';
import { foldCheckpoint, type UnitSlice } from '@grasp/fold';
import { epochOrder, type GatedModel, initialGateState, learnGates, maskFromScores } from '@grasp/gates';
import type { Tokenizer } from '@grasp/tokenizer';
import * as tf from '@tensorflow/tfjs';

await tf.setBackend('cpu');
const [LETTERS, READ, WIDTH, HIDDEN] = [27, 6, 24, 48]; // of which it reads some; width of the stream; units of a layer

/** `x + down · relu(up · x)`, twice, between an embedding of letters and a head. Gates multiply the hidden units. */
class Network implements GatedModel<TokenBatch>, LanguageModel {
  readonly contextLength = 256;
  readonly layout;

  /** Shapes: embed `[27, 4]`, up `[hidden, 24]`, down `[24, hidden]`, head `[27, 24]`. */
  constructor(readonly weights: Readonly<Record<string, tf.Variable>>) {
    const units = (layer: number) => weights[`layers.${layer}.up`]!.shape[0]!;
    // A unit is a row of `up` and a column of `down`: its cost in weights.
    this.layout = createLayout(
      [0, 1].map((layer) => ({ layer, kind: 'hidden', count: units(layer), cost: 2 * WIDTH })),
    );
  }

  /** Negative log-likelihood of each letter after the first, `[rows · (length − 1)]`. */
  losses({ ids, shape: [count, length] }: TokenBatch, gates?: tf.Tensor): tf.Tensor1D {
    const before: number[] = [];
    const targets: number[] = [];
    for (let row = 0; row < count; row++)
      for (let t = 1; t < length; t++) {
        for (let i = t - READ; i < t; i++) before.push(i < 0 ? 0 : ids[row * length + i]!);
        targets.push(ids[row * length + t]!);
      }
    const { embed, head, ...layers } = this.weights;
    let x: tf.Tensor = tf.reshape(tf.gather(embed!, tf.tensor1d(before, 'int32')), [-1, WIDTH]);
    this.layout.blocks.forEach(({ start, count: size }, layer) => {
      let hidden: tf.Tensor = tf.relu(tf.matMul(x, layers[`layers.${layer}.up`]!, false, true)); // [n, hidden]
      if (gates) hidden = tf.mul(hidden, tf.slice(gates, [start], [size]));
      x = tf.add(x, tf.matMul(hidden, layers[`layers.${layer}.down`]!, false, true));
    });
    const logs = tf.logSoftmax(tf.matMul(x, head!, false, true)); // [n, 27]
    return tf.neg(tf.sum(tf.mul(logs, tf.oneHot(tf.tensor1d(targets, 'int32'), LETTERS)), 1));
  }

  async lossAndGateGradients(batch: TokenBatch, gates: Float32Array) {
    const of = tf.valueAndGrad((z: tf.Tensor) => tf.mean(this.losses(batch, z)));
    const { value, grad } = tf.tidy(() => of(tf.tensor1d(gates)));
    const [[loss], gradients] = await Promise.all([value.data(), grad.data<'float32'>()]);
    tf.dispose([value, grad]);
    return { loss: loss!, gradients };
  }

  async negLogLikelihood(batch: TokenBatch): Promise<Float32Array> {
    return tf.tidy(() => this.losses(batch)).data<'float32'>();
  }
}

// 1. A text, and a network that has learned it.
const alphabet = ' abcdefghijklmnopqrstuvwxyz';
const letters: Tokenizer = {
  vocabSize: LETTERS,
  encode: async (text) => Int32Array.from(text, (letter) => Math.max(0, alphabet.indexOf(letter))),
  decode: async (ids) => Array.from(ids, (id) => alphabet[id]).join(''),
  tokenId: (token) => (alphabet.includes(token) ? alphabet.indexOf(token) : undefined),
};
const names = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const sums = names.flatMap((a, i) =>
  names.slice(0, names.length - i).map((b, j) => `${a} and ${b} is ${names[i + j]}`),
);
const blocks = await tokenBlocks(textRows(sums), letters, { length: 64 });
const windows = await evaluationWindows(textRows([...sums].reverse()), letters, { length: 64 });
const { rowsAt, stepsPerEpoch } = epochOrder(blocks.shape[0], 4, 42);
const batchAt = (step: number) => rows(blocks, rowsAt(step));

const weight = (shape: [number, number], seed: number) =>
  tf.variable(tf.randomNormal(shape, 0, shape[1] ** -0.5, 'float32', seed));
const layers = [0, 1].flatMap((layer) => [
  [`layers.${layer}.up`, weight([HIDDEN, WIDTH], 2 * layer + 1)],
  [`layers.${layer}.down`, weight([WIDTH, HIDDEN], 2 * layer + 2)],
]);
const network = new Network({
  embed: weight([LETTERS, WIDTH / READ], 5),
  head: weight([LETTERS, WIDTH], 6),
  ...Object.fromEntries(layers),
});
const adam = tf.train.adam(0.01);
for (let step = 0; step < 20 * stepsPerEpoch; step++)
  adam.minimize(() => tf.mean(network.losses(batchAt(step))) as tf.Scalar);

// 2. Gates, learned under the budget: half of the weights of the hidden units.
const budget = budgetFromKeepRatio(network.layout, 0.5);
const chooseMask = (scores: Float32Array) => projectExact(scores, network.layout, budget);
const options = { steps: 30 * stepsPerEpoch, chooseMask };
const state = initialGateState(network, options);
for await (const { step, loss } of learnGates(network, batchAt, options, state))
  if (step % 60 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);

// 3. The mask, folded into a smaller network. The fold reads the weights through a checkpoint.
async function pruned(mask: Uint8Array): Promise<Network> {
  const data = new Map<string, TensorData>();
  for (const [name, tensor] of Object.entries(network.weights))
    data.set(name, { dtype: 'F32', shape: tensor.shape, data: await tensor.data<'float32'>() });
  const dense: Checkpoint = {
    source: 'network',
    config: {},
    tensors: new Map([...data].map(([name, { dtype, shape }]) => [name, { name, dtype, shape }])),
    files: [],
    read: async (name) => data.get(name)!,
    close: async () => {},
  };
  const slices = [0, 1].flatMap((layer): UnitSlice[] => {
    const units = { layer, kind: 'hidden', width: 1, scaled: false };
    return [
      { ...units, tensor: `layers.${layer}.up`, axis: 0 },
      { ...units, tensor: `layers.${layer}.down`, axis: 1 },
    ];
  });
  const view = foldCheckpoint(dense, { layout: network.layout, slices, mask, config: {} });
  const weights: Record<string, tf.Variable> = {};
  for (const [name, { shape }] of view.tensors)
    weights[name] = tf.variable(tf.tensor((await view.read(name)).data as Float32Array, [...shape]));
  return new Network(weights);
}

const magnitudes = ['layers.0.up', 'layers.1.up'].map((name) =>
  tf.norm(network.weights[name]!, 2, 1).dataSync<'float32'>(),
);
const masks = {
  'learned gates': maskFromScores(state, options),
  magnitude: chooseMask(Float32Array.from(magnitudes.flatMap((block) => [...block]))),
};

// 4. The same measure for all.
const measured = async (model: Network) => (await lastOf(perplexity(model, windows))).perplexity;
export const results = [
  { name: 'dense', cost: network.layout.totalCost, perplexity: await measured(network) },
];
for (const [name, mask] of Object.entries(masks)) {
  const model = await pruned(mask);
  results.push({ name, cost: model.layout.totalCost, perplexity: await measured(model) });
}
console.table(results);
export const limit = budget.limit;
