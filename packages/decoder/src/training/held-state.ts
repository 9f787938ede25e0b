import * as tf from '@tensorflow/tfjs-core';
import { DecoderInputError } from '../errors.js';
import type { Runtime } from '../runtime/runtime.js';
import type { adamWUpdate, UpdateInputs } from './adamw.js';
import type { TrainedWeight } from './trained-weights.js';

/** The parts of a state that are saved. */
const SAVED = ['parameter', 'first', 'second'] as const;

/** A tensor of a training's state. */
export interface StateTensor {
  readonly name: string;
  /** Number of entries, float32. */
  readonly size: number;
  /** Its entries, copied from the device. */
  read(): Promise<Float32Array>;
}

/**
 * The float32 parameter behind one weight, and its moments. The parameter of a norm is a factor on what the norm was, 1 at
 * first. Any other parameter is the weight itself; a weight in bfloat16 is a rounded copy of it.
 */
export class HeldState {
  private readonly half: boolean;
  /** What the norm was. */
  private readonly initial: tf.Tensor | undefined;
  /** Root mean square of the weight at first, which its learning rate is relative to; absent if that is absolute. */
  private readonly size: tf.Tensor | undefined;
  /** Absent if the owner holds the parameter: a float32 weight. */
  private parameter: tf.Tensor | undefined;
  private first: tf.Tensor;
  private second: tf.Tensor;

  constructor(
    private readonly runtime: Runtime,
    private readonly trained: TrainedWeight,
    relative = false,
  ) {
    const { owner, kind } = trained;
    const weight = this.weight;
    this.half = runtime.bfloat16?.is(weight) ?? false;
    [this.first, this.second] = owner.run(() => [tf.zeros(weight.shape), tf.zeros(weight.shape)]);
    if (kind === 'norm') {
      this.initial = weight.clone();
      this.parameter = owner.run(() => tf.ones(weight.shape));
    } else {
      if (this.half) this.parameter = owner.run(() => runtime.bfloat16!.toFloat32(weight));
      if (relative) this.size = owner.run(() => rootMeanSquare(this.parameter ?? weight));
    }
  }

  get entries(): number {
    return this.first.size;
  }

  /** The gradient of the parameter from that of the weight. */
  gradientOf(dWeight: tf.Tensor): tf.Tensor {
    return this.initial ? tf.mul(dWeight, this.initial) : dWeight;
  }

  /** Updates parameter, moments and weight. The inputs stay the caller's. */
  update(
    run: ReturnType<typeof adamWUpdate>,
    inputs: Omit<UpdateInputs, 'weight' | 'first' | 'second'>,
  ): void {
    const { first, second, size } = this;
    const held = { weight: this.parameter ?? this.weight, first, second };
    const own =
      size &&
      tf.tidy(() => ({
        rate: tf.mul(inputs.rate, size),
        keep: tf.sub(1, tf.mul(tf.sub(1, inputs.keep), size)),
      }));
    const { weight, ...moments } = run({ ...inputs, ...own, ...held });
    if (own) tf.dispose(own);
    this.replace({ parameter: weight, ...moments });
  }

  /** The values of the weight, without the rounding to the decoder's dtype. */
  async values(): Promise<Float32Array> {
    return (this.half && this.parameter ? this.parameter : this.weight).data<'float32'>();
  }

  tensors(): StateTensor[] {
    return SAVED.map((part) => ({
      name: `${this.trained.key}.${part}`,
      size: this.entries,
      read: () => (this[part] ?? this.weight).data<'float32'>(),
    }));
  }

  /** @param read reads the tensors of {@link tensors}. */
  async restore(read: (name: string) => Promise<Float32Array>): Promise<void> {
    const { shape } = this.first;
    const made: tf.Tensor[] = [];
    try {
      for (const part of SAVED) {
        const name = `${this.trained.key}.${part}`;
        const values = await read(name);
        if (values.length !== this.entries) {
          throw new DecoderInputError(
            `The state of a training: "${name}" has ${values.length} entries; the model takes ${this.entries}.`,
          );
        }
        made.push(this.trained.owner.run(() => tf.tensor(values, shape)));
      }
    } catch (error) {
      tf.dispose(made);
      throw error;
    }
    const [parameter, first, second] = made as [tf.Tensor, tf.Tensor, tf.Tensor];
    this.trained.owner.run(() => this.replace({ parameter, first, second }));
  }

  dispose(): void {
    tf.dispose(
      [this.first, this.second, this.initial, this.size, this.parameter].filter((t) => t !== undefined),
    );
  }

  private get weight(): tf.Tensor {
    return this.trained.owner.allWeights().get(this.trained.name)!;
  }

  /** Takes new tensors, and makes the weight from the parameter. */
  private replace({ parameter, first, second }: Record<(typeof SAVED)[number], tf.Tensor>): void {
    tf.dispose([this.first, this.second]);
    [this.first, this.second] = [first, second];
    const weight = this.initial
      ? tf.mul(parameter, this.initial)
      : this.half
        ? this.runtime.bfloat16!.fromFloat32(parameter)
        : parameter;
    if (weight !== parameter) {
      this.parameter?.dispose();
      this.parameter = parameter;
    }
    this.trained.owner.replaceWeights(new Map([[this.trained.name, weight]]));
  }
}

/** Of a float32 tensor; 1 for one of zeros, whose entries have no size to go by. */
function rootMeanSquare(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const size = tf.sqrt(tf.mean(tf.square(x)));
    return tf.where(tf.greater(size, 0), size, tf.onesLike(size));
  });
}
