import * as z from 'zod';
import { latencyTableSchema } from './latency-table.js';
import { bytesSchema, countSchema } from './quantity.js';
import { SettingsError } from './settings-error.js';

const share = z.number().gt(0).lte(1);

/** What a run may keep. Each holds alone; with several, all of them hold. */
export const budgetShape = {
  keep: share
    .optional()
    .describe('share of the prunable parameters to keep (default: 0.5 where no other budget is given)'),
  params: countSchema.optional().describe('most parameters of the whole written model: 80M'),
  size: bytesSchema.optional().describe('most bytes of all written weights, in their dtype: 100MB, or 95MiB'),
  flops: share
    .optional()
    .describe('share to keep of the forward operations a token in what is prunable, at --flops-context'),
  kvBytes: share.optional().describe('share of the bytes of KV cache to keep'),
  latencyShare: share.optional().describe('share to keep of the time of a forward pass, by --latency'),
  latencyMs: z.number().gt(0).optional().describe('most milliseconds of a forward pass, by --latency'),
} as const;

export type BudgetName = keyof typeof budgetShape;
export const BUDGET_NAMES = Object.keys(budgetShape) as readonly BudgetName[];

/** How budgets are counted, and what they may not take. */
export const budgetDetailShape = {
  flopsContext: z
    .int()
    .min(1)
    .default(2048)
    .describe('tokens of the sequence for which --flops counts attention'),
  latency: latencyTableSchema.optional().describe('table of measured times that grasp-bench profile wrote'),
  minimum: z
    .int()
    .min(0)
    .default(1)
    .describe('fewest units that each FFN and each attention keeps; 0 lets whole ones go'),
  protect: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("units that stay, by pattern: 'layers.0.*', '*.kv', 'layers.3.ffn.17'"),
  only: z.enum(['ffn', 'kv']).optional().describe('prune units of this kind alone'),
} as const;

/** The default budget, where none is given. */
export function withBudget(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = BUDGET_NAMES.some((name) => input[name] !== undefined);
  return given ? { ...input } : { ...input, keep: 0.5 };
}

type Settings = z.output<z.ZodObject<typeof budgetShape & typeof budgetDetailShape>>;

/** @throws SettingsError for a time without the table to tell it by, and for a table without a time. */
export function checkBudgetSettings({ latency, latencyShare, latencyMs }: Settings): void {
  const asked = latencyShare !== undefined || latencyMs !== undefined;
  if (asked === (latency !== undefined)) return;
  const message = asked
    ? 'A latency budget needs a table of measured times: --latency FILE, which grasp-bench profile writes.'
    : 'A latency table alone limits nothing: say --latency-share or --latency-ms with it.';
  throw new SettingsError(message, ['latency', 'latencyShare', 'latencyMs']);
}
