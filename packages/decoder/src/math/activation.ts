/** The activations of FFNs. Each function has its derivative beside it. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * `gelu` is exact; `gelu-tanh` is its approximation by tanh, `quick-gelu` the one by a sigmoid; `relu2` is `max(x, 0)²`.
 */
export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'quick-gelu' | 'relu' | 'relu2';

/** An activation of `x`, and its derivative there. Both have the shape of `x`. */
export interface Activated {
  readonly value: tf.Tensor;
  readonly slope: tf.Tensor;
}

interface ActivationFunction {
  value(x: tf.Tensor): tf.Tensor;
  withSlope(x: tf.Tensor): Activated;
}

const FUNCTIONS: Readonly<Record<Activation, ActivationFunction>> = {
  // silu'(x) = σ + x·σ·(1 − σ)
  silu: {
    value: (x) => tf.mul(x, tf.sigmoid(x)),
    withSlope(x) {
      const sigmoid = tf.sigmoid(x);
      const value = tf.mul(x, sigmoid);
      return { value, slope: tf.add(sigmoid, tf.mul(value, tf.sub(1, sigmoid))) };
    },
  },
  // x·Φ(x), with the slope Φ(x) + x·φ(x)
  gelu: {
    value: (x) => tf.mul(x, normalCdf(x)),
    withSlope(x) {
      const cdf = normalCdf(x);
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return { value: tf.mul(x, cdf), slope: tf.add(cdf, tf.mul(x, density)) };
    },
  },
  // ½x·(1 + t) with t = tanh(u), u = √(2/π)·(x + 0.044715·x³); the slope is ½·(1 + t) + ½x·(1 − t²)·u'
  'gelu-tanh': {
    value: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tanhArgument(x)), 1)),
    withSlope(x) {
      const t = tf.tanh(tanhArgument(x));
      const half = tf.mul(tf.add(t, 1), 0.5);
      const inner = tf.mul(tf.add(tf.mul(tf.square(x), 3 * CUBIC), 1), Math.sqrt(2 / Math.PI));
      const rest = tf.mul(tf.mul(tf.mul(x, 0.5), tf.sub(1, tf.square(t))), inner);
      return { value: tf.mul(x, half), slope: tf.add(half, rest) };
    },
  },
  // x·σ(a·x), with the slope σ + a·x·σ·(1 − σ)
  'quick-gelu': {
    value: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, QUICK))),
    withSlope(x) {
      const sigmoid = tf.sigmoid(tf.mul(x, QUICK));
      const value = tf.mul(x, sigmoid);
      return { value, slope: tf.add(sigmoid, tf.mul(tf.mul(value, QUICK), tf.sub(1, sigmoid))) };
    },
  },
  relu: {
    value: (x) => tf.relu(x),
    withSlope: (x) => ({ value: tf.relu(x), slope: tf.cast(tf.greater(x, 0), 'float32') }),
  },
  relu2: {
    value: (x) => tf.square(tf.relu(x)),
    withSlope(x) {
      const positive = tf.relu(x);
      return { value: tf.square(positive), slope: tf.mul(positive, 2) };
    },
  },
};

const CUBIC = 0.044715;
const QUICK = 1.702;

function tanhArgument(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, tf.add(tf.mul(tf.square(x), CUBIC), 1)), Math.sqrt(2 / Math.PI));
}

/** Φ, the distribution function of the standard normal distribution. */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

export function activate(activation: Activation, x: tf.Tensor): tf.Tensor {
  return FUNCTIONS[activation].value(x);
}

export function activateWithSlope(activation: Activation, x: tf.Tensor): Activated {
  return FUNCTIONS[activation].withSlope(x);
}
