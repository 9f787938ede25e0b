import type { Checkpoint } from '@grasp/checkpoint';
import type {
  DecoderCheckpoint,
  LearningRates,
  StateTensor,
  TrainingBatch,
  TrainingStep,
} from '@grasp/decoder';

/** Trains the weights of a decoder: all of them, or LoRA. */
export interface HealTraining {
  /** Number of entries that are trained. */
  readonly size: number;
  /** One update. Nothing changes if it fails. */
  train(batches: readonly TrainingBatch[], rates: LearningRates): Promise<TrainingStep>;
  /** The trained model, as a view of what was loaded. */
  checkpoint(loaded: Checkpoint): DecoderCheckpoint;
  /** The tensors of the state by name. */
  state(): Iterable<StateTensor>;
  /** Continues from a state: `read` gives the tensors of `state` by name. */
  restore(step: number, read: (name: string) => Promise<Float32Array>): Promise<void>;
  /** Frees what the training holds. */
  dispose(): void;
}
