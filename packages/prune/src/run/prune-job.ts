import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import type { Architecture } from '@grasp/decoder';
import type { Engine } from '../engine/open-engine.js';
import type { GivenChoice } from '../methods/given-method.js';
import type { PruneSettings } from '../settings/schema.js';
import type { StateFile } from '../state/state-file.js';
import type { EvaluationText } from './measure.js';

/** The inputs of a run. The run closes none of them. */
export interface PruneJob extends GivenChoice {
  readonly checkpoint: Checkpoint;
  /** The supported architectures. Default: the built-in ones. */
  readonly architectures?: readonly Architecture[];
  readonly engine: Engine;
  readonly settings: PruneSettings;
  /** Calibration text for choosing units, `[blocks, length]`. */
  readonly gateBlocks: TokenBlocks;
  /** Calibration text for scales and LoRA, `[blocks, length]`. Default: `gateBlocks`. */
  readonly scaleBlocks?: TokenBlocks;
  /** Texts on which perplexity is measured. Default: none. */
  readonly evaluation?: readonly EvaluationText[];
  /**
   * An empty folder for the output, usually the working folder of a claimed output. Without a folder, nothing is
   * written, and the pruned model is measured in memory.
   */
  readonly folder?: string;
  /** State to resume from, and where it is saved. Default: start from the beginning and save nothing. */
  readonly stateFile?: Pick<StateFile, 'state' | 'save'>;
  /** Maximum number of steps between two saves. Saves are at most two minutes apart. Default: 64. */
  readonly saveEvery?: number;
}
