import * as z from 'zod';
import { group } from './group.js';
import { latencyTableSchema } from './latency-table.js';
import { bytesSchema, countSchema } from './quantity.js';
import { SettingsError } from './settings-error.js';

const share = z.number().gt(0).lte(1);

/** Limits on the pruned model. If several are given, the model meets all of them. */
const limits = {
  keep: share
    .optional()
    .describe('share of the prunable parameters to keep (default: 0.5 if no other budget is given)'),
  params: countSchema.optional().describe('maximum number of parameters of the whole model: 80M'),
  size: bytesSchema.optional().describe('maximum size of all written weights: 100MB, or 95MiB'),
  flops: share
    .optional()
    .describe("share to keep of the prunable units' forward FLOPs per token, at --flops-context"),
  kvBytes: share.optional().describe('share of the KV cache to keep, in bytes'),
  latencyShare: share.optional().describe('share to keep of the forward time in the --latency table'),
  latencyMs: z
    .number()
    .gt(0)
    .optional()
    .describe('maximum forward time in milliseconds, by the --latency table'),
} as const;

export type BudgetName = keyof typeof limits;
/** Names of the limits in the group `budget`. */
export const BUDGET_NAMES = Object.keys(limits) as readonly BudgetName[];

/** Limits on the pruned model, and how they are counted. */
export const budgetGroup = group(
  {
    ...limits,
    flopsContext: z
      .int()
      .min(1)
      .default(2048)
      .describe('sequence length at which --flops counts attention, in tokens'),
    latency: latencyTableSchema
      .optional()
      .describe('latency table for --latency-share and --latency-ms, written by grasp-bench profile')
      .meta({ file: true }),
  },
  { prefix: '' },
);

/** The keep ratio of a run that is given no budget. */
const DEFAULT_KEEP = 0.5;

/** Adds the default keep ratio if a group of budget settings has no limit. */
export function withDefaultBudget(budget: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = BUDGET_NAMES.some((name) => budget[name] !== undefined);
  return given ? { ...budget } : { ...budget, keep: DEFAULT_KEEP };
}

/** @throws SettingsError if a latency limit has no table, or a table has no limit. */
export function checkBudget({ latency, latencyShare, latencyMs }: z.output<typeof budgetGroup>): void {
  const limited = latencyShare !== undefined || latencyMs !== undefined;
  if (limited === (latency !== undefined)) return;
  const message = limited
    ? 'A latency budget needs a table of measured times: budget.latency, which grasp-bench profile writes.'
    : 'The table budget.latency sets no limit by itself. Add budget.latencyShare or budget.latencyMs.';
  throw new SettingsError(message, ['budget.latency', 'budget.latencyShare', 'budget.latencyMs']);
}
