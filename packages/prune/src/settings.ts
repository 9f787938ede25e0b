import * as z from 'zod';

/**
 * Everything that decides what a run learns, with the paper's values as defaults (GRASPrune, arXiv 2604.19398,
 * section 4.1). Two runs with equal settings, data and engine give equal masks.
 */
export const settingsSchema = z.strictObject({
  keep: z.number().gt(0).lte(1).default(0.5).describe('share of the prunable parameters to keep'),
  projection: z
    .enum(['exact', 'paper'])
    .default('exact')
    .describe('exact never exceeds the budget; paper is its greedy prefix with a floor that may'),
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
  alpha: z.number().gt(0).lt(1).default(0.5).describe('reach of the scales: 1 ± alpha'),
  blocks: z.int().min(1).default(512).describe('most calibration blocks to use'),
  length: z.int().min(2).default(512).describe('tokens in a block'),
  batch: z.int().min(1).default(1).describe('blocks in a step'),
  seed: z.int().min(0).max(0xffff_ffff).default(42).describe('decides the order of the blocks'),
  dtype: z.enum(['float32', 'bfloat16']).default('float32').describe('how weights are held while learning'),
});

export type PruneSettings = z.output<typeof settingsSchema>;

/** A setting that is unknown, of the wrong type or out of range. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'GRASP_SETTINGS';
  constructor(
    message: string,
    /** Names of the settings at fault. */
    readonly settings: readonly string[],
  ) {
    super(message);
  }
}

/** What zod found wrong with settings, in one message. */
export function settingsError(error: z.ZodError): SettingsError {
  const lines = error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return new SettingsError(
    `Settings are not valid. ${lines.join('; ')}.`,
    error.issues.map(({ path }) => path.join('.')),
  );
}

/**
 * Fills in defaults and checks ranges.
 *
 * @throws SettingsError naming every setting that is wrong, and what was expected of it.
 */
export function parseSettings(input: Readonly<Record<string, unknown>> = {}): PruneSettings {
  const parsed = settingsSchema.safeParse(input);
  if (!parsed.success) throw settingsError(parsed.error);
  return parsed.data;
}
