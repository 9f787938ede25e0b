import { isRecordsFile } from '@grasp/calib-data';
import type { HealSettings } from '@grasp/prune';
import type { TextFlags } from '../heal/read-heal-texts.js';
import type { Terminal } from '../terminal.js';
import type { RunOptions } from './options.js';

/** Flags that take effect under some values of another flag only. Names have no dashes and no prefix. */
interface Condition<Options> {
  readonly flags: readonly string[];
  /** What the run has, or lacks, if for that reason the flags have no effect. `prefix` is that of the flags. */
  unmet(options: Options, prefix: string): string | undefined;
}

/** Conditions of the flags that say how texts are read and measured. */
const textConditions = <Options>(
  texts: (options: Options) => { readonly all: readonly string[]; readonly measured: readonly string[] },
): readonly Condition<Options>[] => [
  {
    flags: ['text-column'],
    unmet: (options) => (texts(options).all.some(isRecordsFile) ? undefined : 'no .jsonl or .parquet text'),
  },
  {
    flags: ['window', 'eval-windows'],
    unmet: (options) => (texts(options).measured.length > 0 ? undefined : 'no --eval'),
  },
];

/** A condition of the shares of several texts. */
const weightsCondition = <Options>(
  flag: string,
  texts: (options: Options) => readonly string[],
): Condition<Options> => ({
  flags: [flag],
  unmet: (options) => (texts(options).length > 1 ? undefined : 'one text'),
});

/** The flag that chooses the units. */
const choiceFlag = ({ settings, scores, mask, methodModule }: RunOptions): string => {
  if (scores !== undefined) return '--scores';
  if (mask !== undefined) return '--mask';
  if (methodModule !== undefined) return `--method ${methodModule}`;
  return settings.choice === settings.method ? `--method ${settings.method}` : `--choice ${settings.choice}`;
};

/** A condition of what only one of our own choices reads. */
const unlessChosenBy =
  (choice: 'gates' | 'importance') =>
  (options: RunOptions): string | undefined => {
    const flag = choiceFlag(options);
    return flag === `--choice ${choice}` ? undefined : flag;
  };

/** Conditions of the flags of `grasp prune` and `grasp sweep`. */
export const RUN_CONDITIONS: readonly Condition<RunOptions>[] = [
  { flags: ['epochs', 'tau'], unmet: unlessChosenBy('gates') },
  { flags: ['rounds', 'blocks-per-round', 'within'], unmet: unlessChosenBy('importance') },
  {
    flags: ['learning-rate', 'beta1', 'beta2', 'epsilon'],
    unmet: (options) =>
      choiceFlag(options) === '--choice gates' || options.settings.scales.epochs > 0
        ? undefined
        : '--scale-epochs 0',
  },
  {
    flags: ['refit-blocks'],
    unmet: ({ settings: { refit } }) => (refit.mode === 'none' ? '--refit none' : undefined),
  },
  {
    flags: ['damping', 'compensation'],
    unmet: ({ settings: { refit } }) => (refit.mode === 'sequential' ? undefined : `--refit ${refit.mode}`),
  },
  {
    // All of these are learned, or count, in the passes that tune the scales.
    flags: [
      'scales',
      'scale-schedule',
      'alpha',
      'lora-rank',
      'distil-weight',
      'scale-calib',
      'held-out-blocks',
    ],
    unmet: ({ settings: { scales } }) => (scales.epochs === 0 ? '--scale-epochs 0' : undefined),
  },
  {
    flags: ['lora-learning-rate'],
    unmet: ({ settings: { lora } }) => (lora.rank === 0 ? '--lora-rank 0' : undefined),
  },
  {
    flags: ['distil-blocks'],
    unmet: ({ settings: { distil } }) => (distil.weight === 0 ? '--distil-weight 0' : undefined),
  },
  {
    flags: ['flops-context'],
    unmet: ({ settings: { budget } }) => (budget.flops === undefined ? 'no --flops' : undefined),
  },
  weightsCondition('heal-text-weights', ({ calib, heal }: RunOptions) => heal.text ?? calib),
  ...textConditions(({ calib, scaleCalib = [], mix = [], eval: measured, heal }: RunOptions) => ({
    all: [...calib, ...scaleCalib, ...mix, ...measured, ...(heal.text ?? [])],
    measured,
  })),
];

interface Healing {
  readonly settings: HealSettings;
}

/** Conditions of the flags of LoRA while healing. What is trained may be decided late, by the memory that is free. */
export const LORA_CONDITIONS: readonly Condition<Healing>[] = [
  {
    flags: ['rank', 'lora-learning-rate'],
    unmet: ({ settings }, prefix) => (settings.train === 'all' ? `--${prefix}train all` : undefined),
  },
];

/** Conditions of the other flags of healing. */
export const HEAL_CONDITIONS: readonly Condition<Healing>[] = [
  {
    flags: ['learning-rate', 'embedding'],
    unmet: ({ settings }, prefix) => (settings.train === 'lora' ? `--${prefix}train lora` : undefined),
  },
  {
    flags: ['eval-every'],
    unmet: ({ settings }, prefix) => (settings.heldOut === 0 ? `--${prefix}held-out 0` : undefined),
  },
  {
    flags: ['top-logits', 'teacher-cache'],
    unmet: ({ settings }, prefix) => (settings.teacherShare === 0 ? `--${prefix}teacher-share 0` : undefined),
  },
];

/** Conditions of the flags of `grasp heal` that are not settings. */
export const HEAL_TEXT_CONDITIONS = [
  weightsCondition('text-weights', ({ text }: TextFlags) => text),
  ...textConditions(({ text, eval: measured = [] }: TextFlags) => ({
    all: [...text, ...measured],
    measured,
  })),
];

/** Conditions of the flags of `grasp eval ppl`. */
export const EVAL_TEXT_CONDITIONS = textConditions((texts: readonly string[]) => ({
  all: texts,
  measured: texts,
}));

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
    const reason = unmet(options, prefix);
    if (reason === undefined) continue;
    for (const flag of flags)
      if (given[attributeOf(prefix + flag)])
        note(`warning: --${prefix}${flag} has no effect: this run has ${reason}.`);
  }
}

/** Commander's name of an option: `lora-rank` → `loraRank`. */
const attributeOf = (flag: string): string =>
  flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
