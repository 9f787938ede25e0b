import type { HealSettings } from '@grasp/prune';
import type { Terminal } from '../terminal.js';
import type { RunOptions } from './options.js';

/** Flags that take effect under some values of another flag only. Names have no dashes and no prefix. */
interface Condition<Options> {
  readonly flags: readonly string[];
  /** The other flag and its value, if under it the flags have no effect. */
  unmet(options: Options): string | undefined;
}

const isGiven = ({ scores, mask, methodModule }: RunOptions): boolean =>
  [scores, mask, methodModule].some((path) => path !== undefined);

/** Conditions of the flags of `grasp prune` and `grasp sweep`. */
export const RUN_CONDITIONS: readonly Condition<RunOptions>[] = [
  {
    flags: ['epochs', 'tau'],
    unmet: (options) => {
      const { choice } = options.settings;
      return choice === 'gates' || isGiven(options) ? undefined : `choice ${choice}`;
    },
  },
  {
    flags: ['rounds', 'blocks-per-round', 'within'],
    unmet: (options) => {
      const { choice } = options.settings;
      return choice === 'importance' || isGiven(options) ? undefined : `choice ${choice}`;
    },
  },
  {
    flags: ['learning-rate', 'beta1', 'beta2', 'epsilon'],
    unmet: ({ settings: { choice, scales } }) =>
      choice === 'gates' || scales.epochs > 0 ? undefined : 'scale-epochs 0',
  },
  {
    flags: ['refit-blocks'],
    unmet: ({ settings: { refit } }) => (refit.mode === 'none' ? 'refit none' : undefined),
  },
  {
    flags: ['damping', 'compensation'],
    unmet: ({ settings: { refit } }) => (refit.mode === 'sequential' ? undefined : `refit ${refit.mode}`),
  },
  {
    // All of these are learned, or count, in the passes that tune the scales.
    flags: ['scales', 'scale-schedule', 'alpha', 'lora-rank', 'distil-weight', 'scale-calib'],
    unmet: ({ settings: { scales } }) => (scales.epochs === 0 ? 'scale-epochs 0' : undefined),
  },
  {
    flags: ['lora-learning-rate'],
    unmet: ({ settings: { lora } }) => (lora.rank === 0 ? 'lora-rank 0' : undefined),
  },
  {
    flags: ['distil-blocks'],
    unmet: ({ settings: { distil } }) => (distil.weight === 0 ? 'distil-weight 0' : undefined),
  },
];

/** Conditions of the flags of healing. What is trained may be decided by the memory that is free. */
export const HEAL_CONDITIONS: readonly Condition<{
  readonly settings: HealSettings;
  readonly mayUseLora: boolean;
}>[] = [
  {
    flags: ['rank', 'lora-learning-rate'],
    unmet: ({ settings, mayUseLora }) => (settings.train === 'all' && !mayUseLora ? 'train all' : undefined),
  },
  {
    flags: ['learning-rate', 'embedding'],
    unmet: ({ settings }) => (settings.train === 'lora' ? 'train lora' : undefined),
  },
  {
    flags: ['top-logits', 'teacher-cache'],
    unmet: ({ settings }) => (settings.teacherShare === 0 ? 'teacher-share 0' : undefined),
  },
];

/**
 * Tells which flags have no effect, because of another setting.
 *
 * @param given values by commander's name of the option. A value of 0 asks for nothing.
 * @param prefix first part of the names of all these flags
 */
export function showUnusedFlags<Options>(
  conditions: readonly Condition<Options>[],
  options: Options,
  given: Readonly<Record<string, unknown>>,
  { note }: Pick<Terminal, 'note'>,
  prefix = '',
): void {
  for (const { flags, unmet } of conditions) {
    const other = unmet(options);
    if (other === undefined) continue;
    for (const flag of flags)
      if (given[attributeOf(prefix + flag)])
        note(`warning: --${prefix}${flag} has no effect: this run has --${prefix}${other}.`);
  }
}

/** Commander's name of an option: `lora-rank` → `loraRank`. */
const attributeOf = (flag: string): string =>
  flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
