import type { Measured } from '../../../shared/cells/cells.js';
import type { Cost } from '../work/cost.js';

/** One mask under one recovery, for one seed. */
export interface ComparedRun {
  readonly model: string;
  readonly method: string;
  readonly keep: number;
  readonly seed: number;
  readonly recovery: string;
  /** Prunable parameters kept, as a share. */
  readonly kept: number;
  readonly kvKept: number;
  readonly kvGroups: number;
  /** By text or task; `mean`: of all tasks that were asked for. */
  readonly measured: Readonly<Record<string, Measured>>;
  /** Of choice and recovery together. Absent if either was interrupted and resumed. */
  readonly cost?: Cost;
}

/** A dense model. */
export interface DenseModel {
  readonly model: string;
  readonly kvGroups: number;
  readonly measured: Readonly<Record<string, Measured>>;
}

/** All that a comparison has measured so far. */
export interface Comparison {
  readonly engine: string;
  /** What is the same for all runs, one line each. */
  readonly conditions: readonly string[];
  readonly texts: readonly string[];
  readonly tasks: readonly string[];
  readonly recoveries: readonly { readonly name: string; readonly title: string }[];
  readonly dense: readonly DenseModel[];
  readonly runs: readonly ComparedRun[];
  /** One line for each value that is not available. */
  readonly missing: readonly string[];
}
