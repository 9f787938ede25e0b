import type { Checkpoint } from '@grasp/checkpoint';
import {
  type Decoder,
  type DecoderCheckpoint,
  initialLora,
  type LearningRates,
  loraUpdates,
  NonFiniteGradientError,
  normCount,
  normScales,
  type StateTensor,
  type TrainingBatch,
  type TrainingStep,
} from '@grasp/decoder';
import type { LanguageModel } from '@grasp/eval';
import { adamW, type Parametrisation, Random, scaledBy } from '@grasp/gates';
import { prunedView } from '../run/pruned-view.js';
import type { HealTraining } from './training.js';

export interface LoraTrainingOptions {
  readonly rank: number;
  readonly betas: readonly [number, number];
  readonly weightDecay: number;
  /** Largest norm of all gradients together. */
  readonly clip: number;
  /** Of the first factors. */
  readonly seed: number;
}

const GROUPS = ['lora', 'norms'] as const;
type Group = (typeof GROUPS)[number];

/** Separates the random numbers of the first factors from those of the order of blocks. */
const INITIAL_LORA = 2;

/**
 * Trains LoRA factors on all matrices of a decoder's sublayers, and factors on its norms, by AdamW. Its state is theirs
 * alone: the weights stay as they are until the factors are merged into the checkpoint.
 */
export class LoraTraining implements HealTraining {
  /** What AdamW updates. */
  private readonly parameters: Record<Group, Float32Array>;
  private readonly moments: Record<Group, { first: Float32Array; second: Float32Array }>;
  private step = 0;

  static async open(decoder: Decoder, options: LoraTrainingOptions): Promise<LoraTraining> {
    const mask = new Uint8Array(decoder.layout.size).fill(1);
    return new LoraTraining(decoder, options, mask, scaledBy(await decoder.loraScales(mask, options.rank)));
  }

  private constructor(
    private readonly decoder: Decoder,
    private readonly options: LoraTrainingOptions,
    private readonly mask: Uint8Array,
    /** From what AdamW updates to LoRA factors, and back for gradients: `loraScales`. */
    private readonly scaled: Parametrisation,
  ) {
    const { config } = decoder;
    const random = new Random(options.seed, INITIAL_LORA);
    this.parameters = {
      lora: initialLora(config, this.mask, options.rank, () => random.next() / 2 ** 32),
      norms: new Float32Array(normCount(config)).fill(1),
    };
    const zeros = ({ length }: Float32Array) => ({
      first: new Float32Array(length),
      second: new Float32Array(length),
    });
    this.moments = { lora: zeros(this.parameters.lora), norms: zeros(this.parameters.norms) };
  }

  get size(): number {
    return GROUPS.reduce((sum, group) => sum + this.parameters[group].length, 0);
  }

  /** What the decoder computes with. */
  private get values(): Record<Group, Float32Array> {
    const { lora, norms } = this.parameters;
    return { lora: this.scaled(lora, this.step).values, norms };
  }

  /** The decoder under the current factors. */
  get model(): LanguageModel {
    const { decoder } = this;
    return {
      contextLength: decoder.contextLength,
      negLogLikelihood: (batch) => decoder.under(this.values).negLogLikelihood(batch),
    };
  }

  async train(batches: readonly TrainingBatch[], rates: LearningRates): Promise<TrainingStep> {
    const { nll, kl, ...gradients } = await this.decoder.distilGradients(this.values, batches);
    let squares = 0;
    for (const group of GROUPS) {
      const sum = gradients[group].reduce((total, g) => total + g * g, 0);
      if (!Number.isFinite(sum)) throw new NonFiniteGradientError(group);
      squares += sum;
    }
    const gradientNorm = Math.sqrt(squares);
    const factor = Math.min(1, this.options.clip / (gradientNorm + 1e-6));
    const { betas, weightDecay } = this.options;
    for (const group of GROUPS) {
      const matrix = group === 'lora';
      const learningRate = matrix ? rates.matrix : rates.norm;
      const optimizer = adamW({ learningRate, betas, weightDecay: matrix ? weightDecay : 0 });
      const { first: firstMoment, second: secondMoment } = this.moments[group];
      const state = { step: this.step, vectors: { firstMoment, secondMoment } };
      const gradient = gradients[group].map((g) => g * factor);
      if (matrix) this.scaled(this.parameters.lora, this.step).pullback(gradient, gradient);
      optimizer.update(this.parameters[group], gradient, state);
    }
    this.step++;
    return { nll, kl, gradientNorm };
  }

  checkpoint(loaded: Checkpoint): DecoderCheckpoint {
    const { config } = this.decoder;
    const { lora, norms } = this.values;
    return prunedView(loaded, this.mask, undefined, {
      lora: loraUpdates(config, this.mask, this.options.rank, lora.slice()),
      norms: normScales(config, norms.slice()),
    });
  }

  *state(): Generator<StateTensor> {
    for (const [name, values] of this.vectors()) {
      const copy = values.slice();
      yield { name, size: values.length, read: async () => copy };
    }
  }

  async restore(step: number, read: (name: string) => Promise<Float32Array>): Promise<void> {
    for (const [name, values] of this.vectors()) values.set(await read(name));
    this.step = step;
  }

  dispose(): void {}

  private *vectors(): Generator<[name: string, values: Float32Array]> {
    for (const group of GROUPS) {
      yield [`${group}.parameter`, this.parameters[group]];
      yield [`${group}.first`, this.moments[group].first];
      yield [`${group}.second`, this.moments[group].second];
    }
  }
}
