/** A classifier on tfjs, whose autodiff makes the gradients: learned gates and weight magnitude, one budget. */
import { budgetFromKeepRatio, createLayout, projectExact } from '@grasp/budget';
import { type GatedModel, initialGateState, learnGates, maskFromScores, Random } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs';

type Batch = { readonly x: tf.Tensor; readonly y: tf.Tensor };

/** Two hidden layers with a gate for each unit: `W3 (g2 ⊙ tanh(W2 (g1 ⊙ tanh(W1 x))))`. */
class Classifier implements GatedModel<Batch> {
  readonly layout = createLayout([
    // Costs in units. In weights, those of W2 would count twice: each is of a unit of both layers.
    { layer: 0, kind: 'hidden', count: 32, cost: 1 },
    { layer: 1, kind: 'hidden', count: 32, cost: 1 },
  ]);
  readonly weights = [3, 32, 32].map((rows, i) => {
    return tf.variable(tf.randomNormal([rows, i < 2 ? 32 : 3], 0, 0.7, 'float32', i + 1)) as tf.Tensor2D;
  }) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];

  loss({ x, y }: Batch, gates: tf.Tensor): tf.Scalar {
    const [w1, w2, w3] = this.weights;
    const [g1, g2] = tf.split(gates, 2) as [tf.Tensor, tf.Tensor];
    const h1 = tf.mul(tf.tanh(tf.matMul(x, w1)), g1); // [n, 32]
    const h2 = tf.mul(tf.tanh(tf.matMul(h1, w2)), g2); // [n, 32]
    return tf.losses.softmaxCrossEntropy(y, tf.matMul(h2, w3)) as tf.Scalar;
  }

  async lossAndGateGradients(batch: Batch, gates: Float32Array) {
    const at = tf.valueAndGrad((z: tf.Tensor) => this.loss(batch, z));
    const { value, grad } = tf.tidy(() => at(tf.tensor1d(gates)));
    const [[loss], gradients] = await Promise.all([value.data(), grad.data<'float32'>()]);
    tf.dispose([value, grad]);
    return { loss: loss!, gradients };
  }
}

await tf.setBackend('cpu');
const random = new Random(1);
const side = () => random.next() / 2 ** 31 - 1; // −1 … 1
const points = Array.from({ length: 128 }, () => [side(), side(), 1]);
const rings = points.map(([a, b]) => Math.min(2, Math.floor(2.4 * Math.hypot(a!, b!)))); // three classes
const data = { x: tf.tensor2d(points), y: tf.oneHot(tf.tensor1d(rings, 'int32'), 3) };
export const model = new Classifier();
const open = tf.ones([model.layout.size]);
const adam = tf.train.adam(0.02);
for (let step = 0; step < 100; step++) adam.minimize(() => model.loss(data, open));

const budget = budgetFromKeepRatio(model.layout, 0.5);
const project = (scores: Float32Array) => projectExact(scores, model.layout, budget);
const options = { steps: 400, chooseMask: project };
const state = initialGateState(model, options);
for await (const _ of learnGates(model, () => data, options, state));

const [first, second] = model.weights.map((w) => tf.norm(w, 2, 0).dataSync<'float32'>());
const lossUnder = (mask: Uint8Array) => model.loss(data, tf.tensor1d(mask, 'float32')).dataSync()[0]!;
export const gates = lossUnder(maskFromScores(state, options));
export const magnitude = lossUnder(project(Float32Array.of(...first!, ...second!)));
