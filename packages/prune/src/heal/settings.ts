import * as z from 'zod';
import { group, leavesOf, type SettingLeaf } from '../settings/group.js';
import { countSchema } from '../settings/quantity.js';
import { inPlainWords, SettingsError, settingsError } from '../settings/settings-error.js';

/** All blocks of a run are held in memory, and their order is drawn before it starts. */
const MOST_TOKENS = 1e9;

/** Settings of healing: distilling a teacher into all kept weights of a pruned model. */
const healFields = {
  tokens: countSchema
    .refine((tokens) => tokens <= MOST_TOKENS, 'it must be at most 1B')
    .default(1_000_000)
    .describe('tokens to train on, with repetitions: 262144, 1M'),
  learningRate: z
    .number()
    .gt(0)
    .default(1e-3)
    .describe('peak learning rate of AdamW for matrices and biases, relative to the size of their entries'),
  normLearningRate: z
    .number()
    .gt(0)
    .default(2e-3)
    .describe('peak learning rate of norms, relative to each factor'),
  warmUp: z
    .number()
    .min(0)
    .max(1)
    .default(0.03)
    .describe('share of the steps in which the rates rise to their peaks'),
  decay: z
    .enum(['cosine', 'none'])
    .default('cosine')
    .describe('how the rates fall after that: to 0 by a cosine, or not at all'),
  clip: z.number().gt(0).default(1).describe('largest norm of the gradients of a step, all together'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('decay of the first moment of AdamW'),
  beta2: z.number().min(0).lt(1).default(0.95).describe('decay of the second moment of AdamW'),
  weightDecay: z.number().min(0).default(0).describe('decoupled weight decay of matrices'),
  batch: z.int().min(1).default(4).describe('blocks per step'),
  rows: z
    .int()
    .min(1)
    .default(4)
    .describe('blocks that go through the model at once; fewer need less memory'),
  length: z.int().min(2).default(512).describe('tokens per block'),
  lossOn: z
    .enum(['all', 'replies'])
    .default('all')
    .describe('tokens of conversations that count in the loss'),
  teacherShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.75)
    .describe("share of the teacher's predictions in the loss; the rest is the next token"),
  topLogits: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .describe("number of the teacher's most likely tokens that count one by one"),
  train: z
    .enum(['all', 'lora'])
    .default('all')
    .describe('what is trained: all weights, or LoRA and the factors of norms, in much less memory'),
  rank: z.int().min(1).max(256).default(16).describe('rank of LoRA, with --train lora'),
  loraLearningRate: z
    .number()
    .gt(0)
    .default(2e-3)
    .describe('peak learning rate of LoRA, times the root of the size of each matrix'),
  embedding: z
    .enum(['trained', 'frozen'])
    .default('trained')
    .describe('whether the embedding and the head are trained too'),
  heldOut: z
    .int()
    .min(0)
    .default(8)
    .describe('last blocks of the text that are not trained on; their perplexity is the curve'),
  evalEvery: z.int().min(1).default(16).describe('steps between two measurements on the held-out blocks'),
  patience: z
    .int()
    .min(0)
    .default(0)
    .describe('stop after so many measurements without an improvement, and keep the best weights; 0: never'),
  dtype: z
    .enum(['float32', 'bfloat16'])
    .default('bfloat16')
    .describe('dtype of products; weights are float32 in any case'),
  seed: z.int().min(0).max(0xffff_ffff).default(42).describe('seed of the order of the blocks'),
};

export const healSettingsSchema = z.strictObject(healFields);
export type HealSettings = z.infer<typeof healSettingsSchema>;

/** Settings whose defaults in a run that prunes first are those of the run. */
const OF_RUN: Readonly<Record<string, string>> = {
  length: '--length',
  lossOn: '--loss-on',
  seed: '--seed',
};

/** All settings of healing with their flags, in order. */
export const healLeaves: readonly SettingLeaf[] = leavesOf(healFields);

/**
 * Fills in the defaults and checks all ranges.
 *
 * @throws SettingsError that names each setting that is unknown or out of range.
 */
export function parseHealSettings(input: Readonly<Record<string, unknown>>): HealSettings {
  const parsed = healSettingsSchema.safeParse(input, { error: inPlainWords });
  if (!parsed.success) throw settingsError(parsed.error);
  const { patience, heldOut } = parsed.data;
  if (patience > 0 && heldOut === 0) {
    throw new SettingsError(
      `patience ${patience} needs held-out blocks to measure, and there are none. Hold out some, or leave out patience.`,
      ['patience'],
    );
  }
  return parsed.data;
}

/** Number of steps, at least one. */
export const healSteps = ({ tokens, batch, length }: HealSettings): number =>
  Math.max(1, Math.round(tokens / (batch * length)));

/** The factor on the learning rates at a step, counted from 0. */
export function rateAt({ warmUp, decay }: HealSettings, step: number, steps: number): number {
  const rising = Math.ceil(warmUp * steps);
  if (step < rising) return (step + 1) / rising;
  if (decay === 'none') return 1;
  return 0.5 * (1 + Math.cos((Math.PI * (step - rising)) / Math.max(1, steps - rising)));
}

const { tokens, ...others } = healFields;

/** The settings as options of a run that prunes first. Without `tokens`, it does not heal. What is left out has no value. */
export const healGroup = group(
  {
    tokens: tokens.unwrap().optional().describe('heal the pruned model on so many tokens: 262144, 1M'),
    text: z.array(z.string()).min(1).optional().describe('texts to heal on (default: those of --calib)'),
    teacherCache: z
      .string()
      .optional()
      .describe("folder for the teacher's predictions, for this run and others"),
    textWeights: z.string().optional().describe('shares of these texts, separated by commas'),
    ...(Object.fromEntries(
      Object.entries(others).map(([name, schema]) => {
        const own = OF_RUN[name] ?? String(schema.parse(undefined));
        return [name, optional(schema).describe(`${schema.description} (default: ${own})`)];
      }),
    ) as { [Name in keyof typeof others]: z.ZodOptional<z.ZodType<HealSettings[Name]>> }),
  },
  { heading: 'Healing after pruning' },
);

/** A setting without its default. */
function optional(schema: (typeof others)[keyof typeof others]): z.ZodOptional {
  return (schema.unwrap() as z.ZodType).optional();
}
