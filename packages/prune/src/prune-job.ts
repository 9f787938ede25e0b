import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import type { Engine } from './engine.js';
import type { EvaluationText } from './measure.js';
import type { PruneSettings } from './settings.js';
import type { StateFile } from './state/state-file.js';

/** What a run needs. Nothing of it is closed by the run. */
export interface PruneJob {
  readonly checkpoint: Checkpoint;
  readonly engine: Engine;
  readonly settings: PruneSettings;
  /** Text to learn the gates on, `[blocks, length]`. */
  readonly gateBlocks: TokenBlocks;
  /** Text to calibrate the scales on. Default: the same. */
  readonly scaleBlocks?: TokenBlocks;
  /** Text to measure perplexity on. Default: none. */
  readonly evaluation?: readonly EvaluationText[];
  /**
   * An empty folder to write to: that of a claimed output, so that it gets its name when the run is complete. Without
   * one nothing is written, and what is measured is the model that would be.
   */
  readonly folder?: string;
  /** Where the run goes on from and keeps its state. Default: from the beginning, and nothing is kept. */
  readonly stateFile?: Pick<StateFile, 'state' | 'save'>;
  /** Most steps between two saves; at most two minutes anyway. Default 64. */
  readonly saveEvery?: number;
}
