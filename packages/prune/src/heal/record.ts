import type { DataRecord } from '../run/run-record.js';
import type { HealedStep, HealPoint } from './events.js';
import type { HealSettings } from './settings.js';

/** Name of the record in the output folder. */
export const HEAL_RECORD = 'grasp-heal.json';

/** Everything needed to understand a healing and to repeat it. Equal runs write equal records. */
export interface HealRecord {
  readonly format: 'grasp-heal';
  readonly version: 1;
  readonly versions: Readonly<Record<string, string>>;
  /** The pruned model and its teacher: paths or names. */
  readonly pruned: string;
  readonly teacher: string;
  readonly settings: HealSettings;
  readonly data: {
    readonly training: DataRecord;
    readonly heldOut?: DataRecord;
    readonly evaluation: Readonly<Record<string, DataRecord>>;
  };
  /** Number of trained weights. */
  readonly parameters: number;
  /** Losses of each step, before its update. */
  readonly steps: readonly HealedStep[];
  /** Perplexity on the held-out blocks, after so many steps. */
  readonly curve: readonly HealPoint[];
  /** The step whose weights are written, with early stopping: that with the lowest perplexity on the held-out blocks. */
  readonly bestStep?: number;
  /** Perplexity by text, before and after. */
  readonly perplexity: Readonly<Record<'pruned' | 'healed', Readonly<Record<string, number>>>>;
}
