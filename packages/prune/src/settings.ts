import * as z from 'zod';
import { budgetDetailShape, budgetShape, checkBudgetSettings, withBudget } from './budget-settings.js';
import { settingsError } from './settings-error.js';

/**
 * Everything that decides what a run learns, with the paper's values as defaults (GRASPrune, arXiv 2604.19398,
 * section 4.1). Two runs with equal settings, data and engine give equal masks.
 */
export const settingsSchema = z.strictObject({
  method: z
    .enum(['grasprune', 'grasp+'])
    .default('grasprune')
    .describe(
      "grasprune is the paper's; grasp+ has other defaults for choosing, refit, scales, corrections and distillation",
    ),
  ...budgetShape,
  ...budgetDetailShape,
  projection: z
    .enum(['exact', 'paper'])
    .default('exact')
    .describe('exact never exceeds the budget; paper is its greedy prefix with a floor that may'),
  layout: z
    .enum(['free', 'uniform'])
    .default('free')
    .describe('uniform gives all layers one shape, which every runtime loads without further code'),
  align: z
    .int()
    .min(1)
    .default(1)
    .describe('FFN widths are multiples of this: 32 for block quantisation, 128 or 256 for GPU tiles'),
  choose: z
    .enum(['gates', 'importance'])
    .default('gates')
    .describe('how units are chosen: gates learned by descent, or squared gate gradients in rounds'),
  rounds: z.int().min(1).default(8).describe('by importance: times that units are removed'),
  roundBlocks: z.int().min(1).default(8).describe('by importance: calibration blocks seen in a round'),
  refit: z
    .enum(['none', 'sequential'])
    .default('none')
    .describe('sequential fits o_proj and down_proj anew by least squares, layer by layer'),
  refitBlocks: z.int().min(1).default(512).describe('most calibration blocks that a refit sees'),
  damping: z.number().gt(0).default(1e-3).describe('pull of the refit towards the old weights'),
  recover: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('share of its distance from the dense model that each refitted layer makes up for'),
  epochs: z.int().min(1).default(4).describe('passes over the calibration blocks to learn the gates'),
  scaleEpochs: z
    .int()
    .min(0)
    .default(1)
    .describe('passes to calibrate the scales of what is kept; 0 skips that'),
  learningRate: z.number().gt(0).default(1e-2).describe('step of AdamW on the scores'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('decay of the first moment'),
  beta2: z.number().min(0).lt(1).default(0.99).describe('decay of the second moment'),
  epsilon: z.number().gt(0).default(1e-8).describe('added to the root of the second moment'),
  tau: z.number().gt(0).default(1.5).describe('temperature of the gates: p = sigmoid(score / tau)'),
  scales: z
    .enum(['units', 'units+norms'])
    .default('units')
    .describe('what has a scale: each kept unit, or each entry of a norm as well'),
  rank: z
    .int()
    .min(0)
    .max(256)
    .default(0)
    .describe(
      'rank of corrections to all kept matrices, tuned with scales of units and norms, then added; 0 for none',
    ),
  rankRate: z.number().gt(0).default(4e-3).describe('step of AdamW on the factors of corrections'),
  distill: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("share of the dense model's predictions in what scales and corrections are tuned towards"),
  distillBlocks: z
    .int()
    .min(1)
    .default(512)
    .describe('most calibration blocks for which the dense model predicts'),
  scaleRate: z
    .enum(['constant', 'annealed'])
    .default('constant')
    .describe('step of AdamW on the scales: as set, or falling from there to 0'),
  alpha: z.number().gt(0).lt(1).default(0.5).describe('reach of the scales: 1 ± alpha'),
  blocks: z.int().min(1).default(512).describe('most calibration blocks to use'),
  length: z.int().min(2).default(512).describe('tokens in a block'),
  batch: z.int().min(1).default(1).describe('blocks in a step'),
  seed: z.int().min(0).max(0xffff_ffff).default(42).describe('decides the order of the blocks'),
  dtype: z.enum(['float32', 'bfloat16']).default('float32').describe('how weights are held while learning'),
});

export type PruneSettings = z.output<typeof settingsSchema>;

/** What a method changes of the defaults. */
const METHODS: Readonly<Record<PruneSettings['method'], Readonly<Partial<PruneSettings>>>> = {
  grasprune: {},
  'grasp+': {
    choose: 'importance',
    roundBlocks: 4,
    refit: 'sequential',
    refitBlocks: 48,
    scales: 'units+norms',
    scaleRate: 'annealed',
    rank: 16,
    distill: 0.75,
    distillBlocks: 48,
  },
};

/** Settings with the defaults of their method, and a budget, filled in: what is set stays as it is. */
export function withDefaults(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { method = 'grasprune' } = input;
  const set = Object.entries(input).filter(([, value]) => value !== undefined);
  const known = typeof method === 'string' && Object.hasOwn(METHODS, method);
  const ofMethod = known ? METHODS[method as PruneSettings['method']] : {};
  return withBudget({ ...ofMethod, ...Object.fromEntries(set) });
}

/**
 * Fills in defaults and checks ranges.
 *
 * @throws SettingsError naming every setting that is wrong, and what was expected of it.
 */
export function parseSettings(input: Readonly<Record<string, unknown>> = {}): PruneSettings {
  const parsed = settingsSchema.safeParse(withDefaults(input));
  if (!parsed.success) throw settingsError(parsed.error);
  checkBudgetSettings(parsed.data);
  return parsed.data;
}
