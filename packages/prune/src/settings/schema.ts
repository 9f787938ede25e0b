import * as z from 'zod';
import type { rivals } from '../methods/rivals.js';
import { budgetGroup } from './budget.js';
import { group, leavesOf, type SettingLeaf } from './group.js';
import { textGroup } from './text.js';

/** Methods of other work, and controls. */
const RIVALS = [
  'random',
  'magnitude',
  'wanda-sp',
  'flap',
  'llm-pruner',
  'llm-pruner-element',
  'fisher',
  'shortgpt',
  'owl',
  'slimgpt',
  'fisher-obs',
] as const satisfies readonly (keyof typeof rivals)[];

/**
 * Every setting that affects what a run learns. Defaults are the paper's hyperparameters (GRASPrune, arXiv 2604.19398,
 * section 4.1). Two runs with equal settings, data and engine produce equal masks.
 *
 * This schema is the only list of settings. Flags, config files, `grasp sweep`, `grasp-bench reproduce` and run records
 * are derived from it: a new group added here appears in all of them.
 */
export const settingsSchema = z.strictObject({
  method: z
    .enum(['grasprune', 'grasp+', ...RIVALS])
    .default('grasprune')
    .describe(
      "grasprune is the paper's method; grasp+ sets other defaults; others choose units as other work does",
    )
    .meta({ heading: 'Method' }),
  budget: budgetGroup,
  projection: group(
    {
      rule: z
        .enum(['exact', 'paper'])
        .default('exact')
        .describe("exact never exceeds the budget; paper is the paper's greedy prefix, which may")
        .meta({ flag: 'projection' }),
      layout: z
        .enum(['free', 'uniform'])
        .default('free')
        .describe('uniform gives all layers the same widths, which every runtime can load'),
      align: z
        .int()
        .min(1)
        .default(1)
        .describe('FFN widths are multiples of this: 32 for block quantisation, 128 or 256 for GPU tiles'),
      minimum: z
        .int()
        .min(0)
        .default(1)
        .describe('units that each FFN and each attention keeps at least; 0 allows removing whole ones'),
      protect: z
        .array(z.string())
        .min(1)
        .optional()
        .describe("patterns of units that are never removed: 'layers.0.*', '*.kv', 'layers.3.ffn.17'"),
      only: z
        .enum(['ffn', 'kv', 'layers', 'sublayers'])
        .optional()
        .describe(
          'prune units of this kind only; layers, sublayers: keep or remove whole ones, by the sum of their scores',
        ),
      dropLayers: z
        .int()
        .min(1)
        .optional()
        .describe(
          'remove this many layers, those with the lowest sum of scores; the budget is for the whole model',
        ),
    },
    { prefix: '' },
  ),
  choice: z
    .enum(['gates', 'importance', ...RIVALS, 'given'])
    .default('gates')
    .describe(
      'how units are chosen: by learned gates, by importance (squared gate gradients), by the score of other work; given: by the caller',
    )
    .meta({ heading: 'Method' }),
  gates: group(
    {
      epochs: z.int().min(1).default(4).describe('passes over the calibration blocks that learn the gates'),
      tau: z.number().gt(0).default(1.5).describe('temperature of the gates: p = sigmoid(score / tau)'),
    },
    { prefix: '' },
  ),
  importance: group(
    {
      rounds: z
        .int()
        .min(1)
        .optional()
        .describe(
          'rounds of iterative pruning, with --choice importance (default: 1 to 8, by the budget; 1 with --within obs)',
        ),
      blocksPerRound: z
        .int()
        .min(1)
        .optional()
        .describe(
          'calibration blocks in each round, at most all of them, with --choice importance (default: 32 in all rounds)',
        ),
      within: z
        .enum(['importance', 'obs'])
        .optional()
        .describe(
          'how units are chosen within the layer counts that importance gives: by importance, or by optimal brain surgeon (default: obs, or importance if more than two thirds are kept)',
        ),
    },
    { prefix: '' },
  ),
  optimizer: group(
    {
      learningRate: z.number().gt(0).default(1e-2).describe('learning rate of AdamW for gates and scales'),
      beta1: z.number().min(0).lt(1).default(0.9).describe("decay of AdamW's first moment"),
      beta2: z.number().min(0).lt(1).default(0.99).describe("decay of AdamW's second moment"),
      epsilon: z.number().gt(0).default(1e-8).describe("term added to AdamW's denominator"),
    },
    { prefix: '' },
  ),
  refit: group(
    {
      mode: z
        .enum(['none', 'sequential', 'bias'])
        .default('none')
        .describe(
          "sequential refits o_proj and down_proj by least squares, layer by layer; bias adds FLAP's compensation, without tuning",
        )
        .meta({ flag: 'refit' }),
      blocks: z.int().min(1).default(512).describe('maximum number of calibration blocks for the refit'),
      damping: z
        .number()
        .gt(0)
        .default(1e-3)
        .describe('pull of the refit towards the old weights')
        .meta({ flag: 'damping' }),
      compensation: z
        .number()
        .min(0)
        .max(1)
        .default(0.3)
        .describe('share of the error of earlier layers that each refitted layer compensates')
        .meta({ flag: 'compensation' }),
    },
    { afterChoice: true },
  ),
  scales: group(
    {
      targets: z
        .enum(['units', 'units+norms'])
        .default('units')
        .describe('what is scaled: the kept units, or the norm weights too')
        .meta({ flag: 'scales' }),
      epochs: z
        .int()
        .min(0)
        .default(1)
        .describe('passes over the calibration blocks that learn the scales; 0 skips them'),
      schedule: z
        .enum(['constant', 'annealed'])
        .default('constant')
        .describe("schedule of the scales' learning rate; annealed lets it fall to 0"),
      alpha: z
        .number()
        .gt(0)
        .lt(1)
        .default(0.5)
        .describe('range of the scales: 1 ± alpha')
        .meta({ flag: 'alpha' }),
    },
    { prefix: 'scale', afterChoice: true },
  ),
  lora: group(
    {
      rank: z
        .int()
        .min(0)
        .max(256)
        .default(0)
        .describe('rank of LoRA on all kept matrices, merged before writing; 0 for none'),
      learningRate: z
        .number()
        .gt(0)
        .default(2e-3)
        .describe('learning rate of AdamW for LoRA, times the root of the size of each matrix'),
    },
    { heading: 'LoRA', afterChoice: true },
  ),
  distil: group(
    {
      weight: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe('weight of distillation from the dense model in the loss of scales and LoRA'),
      blocks: z
        .int()
        .min(1)
        .default(512)
        .describe('maximum number of calibration blocks on which the dense model teaches'),
    },
    { heading: 'Distillation', afterChoice: true },
  ),
  heldOut: group(
    {
      blocks: z
        .int()
        .min(0)
        .default(0)
        .describe(
          'maximum number of last calibration blocks that tuning does not see; it is kept as far as it lowers their loss. At most one block in 16',
        ),
    },
    { heading: 'Held-out text', afterChoice: true },
  ),
  text: textGroup,
  engine: group(
    {
      dtype: z
        .enum(['float32', 'bfloat16'])
        .default('float32')
        .describe('dtype of the weights while learning'),
    },
    { prefix: '' },
  ),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(42)
    .describe('seed of the order of the blocks')
    .meta({ heading: 'Method' }),
});

export type PruneSettings = z.output<typeof settingsSchema>;

/** Settings before defaults are filled in. */
export type SettingsInput = z.input<typeof settingsSchema>;

/** Every setting with its path, its flag and its schema, in the order of {@link settingsSchema}. */
export const settingLeaves: readonly SettingLeaf[] = leavesOf(settingsSchema.shape);
