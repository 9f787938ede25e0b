import { createLayout } from '@grasp/budget';
import { type GatedModel, Random } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import { type Points, uniform } from './spirals.js';

/** Neurons of each hidden layer. */
export const WIDTH = 48;

/** Samples of a batch, on the device. */
export interface Batch {
  /** `[N, 2]` */
  readonly places: tf.Tensor2D;
  /** `[N, 1]` */
  readonly arms: tf.Tensor2D;
}

export const batchOf = ({ places, arms, count }: Points): Batch => ({
  places: tf.tensor2d(places, [count, 2]),
  arms: tf.tensor2d(arms, [count, 1]),
});

/** A network of two hidden layers: which arm is a point on? Each hidden neuron has a gate. */
export class Network implements GatedModel<Batch> {
  /** A unit costs the parameters that go when it goes: weights into it and its bias, and those out of the second layer. */
  readonly layout = createLayout([
    { layer: 0, kind: 'hidden', count: WIDTH, cost: 2 + 1 },
    { layer: 1, kind: 'hidden', count: WIDTH, cost: WIDTH + 1 + 1 },
  ]);
  readonly #weights: tf.Variable<tf.Rank.R2>[];
  readonly #biases: tf.Variable<tf.Rank.R2>[];

  constructor(seed: number) {
    const random = new Random(seed);
    const sides = [2, WIDTH, WIDTH, 1];
    const variable = (rows: number, columns: number, reach: number) => {
      const values = Float32Array.from({ length: rows * columns }, () => reach * (2 * uniform(random) - 1));
      return tf.tidy(() => tf.variable(tf.tensor2d(values, [rows, columns])));
    };
    const layers = sides.slice(1).map((columns, i) => ({ rows: sides[i]!, columns }));
    this.#weights = layers.map(({ rows, columns }, i) =>
      variable(rows, columns, i === 0 ? 3 : Math.sqrt(6 / rows)),
    );
    this.#biases = layers.map(({ columns }) => variable(1, columns, 0.5));
  }

  /** Which arm, about −1…1. `places [N, 2]`, `gates [2 · WIDTH]` → `[N, 1]`. */
  #forward(places: tf.Tensor2D, gates: tf.Tensor1D): tf.Tensor2D {
    const hidden = [0, 1].reduce((input, layer) => {
      const gate = tf.slice(gates, layer * WIDTH, WIDTH);
      const sums = tf.add(tf.matMul(input, this.#weights[layer]!), this.#biases[layer]!);
      return tf.mul(tf.tanh(sums), gate) as tf.Tensor2D; // [N, WIDTH]
    }, places);
    return tf.add(tf.matMul(hidden, this.#weights[2]!), this.#biases[2]!);
  }

  #loss({ places, arms }: Batch, gates: tf.Tensor1D): tf.Scalar {
    return tf.mean(tf.square(tf.sub(this.#forward(places, gates), arms)));
  }

  /** One step of training the weights, all neurons there. */
  trainStep(batch: Batch, optimizer: tf.Optimizer): void {
    tf.tidy(() => {
      const all = tf.ones([2 * WIDTH]) as tf.Tensor1D;
      optimizer.minimize(() => this.#loss(batch, all), false, [...this.#weights, ...this.#biases]);
    });
  }

  async lossAndGateGradients(batch: Batch, gates: Float32Array) {
    const [value, gradient] = tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => this.#loss(batch, z as tf.Tensor1D))(
        tf.tensor1d(gates),
      );
      return [value, grad] as const;
    });
    const [loss, gradients] = await Promise.all([value.data(), gradient.data()]);
    tf.dispose([value, gradient]);
    return { loss: loss[0]!, gradients: Float32Array.from(gradients) };
  }

  /** What the network says of places, `[N]`. */
  async answer(places: tf.Tensor2D, gates: Float32Array): Promise<Float32Array> {
    const answers = tf.tidy(() => this.#forward(places, tf.tensor1d(gates)));
    const values = (await answers.data()) as Float32Array;
    answers.dispose();
    return values;
  }

  /** Share of points whose arm is told right. */
  async accuracy(batch: Batch, gates: Float32Array): Promise<number> {
    const [answers, arms] = [await this.answer(batch.places, gates), await batch.arms.data()];
    return answers.filter((answer, i) => answer * arms[i]! > 0).length / arms.length;
  }
}
