import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const rowSchema = z
  .object({ method: z.string(), keep: z.number() })
  .catchall(z.number())
  .describe('values that the paper reports for a method at a keep ratio, by metric');
const schema = z.object({
  source: z.string(),
  models: z.array(
    z.object({
      name: z.string(),
      names: z.string(),
      shape: z.record(z.string(), z.union([z.string(), z.number()])),
      rows: z.array(rowSchema),
    }),
  ),
});

export type PaperModel = z.output<typeof schema>['models'][number];
/** Values of one method at one keep ratio, by metric: perplexities in bfloat16, accuracies as shares. */
export type PaperRow = z.output<typeof rowSchema>;

/** Reads the paper's numbers from `data/paper.json`. */
export async function readPaper(): Promise<readonly PaperModel[]> {
  const text = await readFile(new URL('../../../../data/paper.json', import.meta.url), 'utf8');
  return schema.parse(JSON.parse(text)).models;
}

/**
 * Finds the paper's model that a checkpoint is. The shape must match. If several models have the same shape, the name
 * decides.
 *
 * @param names names of the checkpoint: of its folder, and the one in its config.
 * @returns undefined if the paper has no such model.
 */
export function paperModelOf(
  models: readonly PaperModel[],
  config: Readonly<Record<string, unknown>>,
  names: readonly string[],
): PaperModel | undefined {
  const sameShape = models.filter(({ shape }) =>
    Object.entries(shape).every(([field, value]) => config[field] === value),
  );
  const named = sameShape.find((model) => names.some((name) => new RegExp(model.names, 'i').test(name)));
  return named ?? (sameShape.length === 1 ? sameShape[0] : undefined);
}

/** The values that the paper reports for a method at a keep ratio. */
export function paperRow(model: PaperModel | undefined, method: string, keep: number): PaperRow | undefined {
  return model?.rows.find((row) => row.method === method && Math.abs(row.keep - keep) < 1e-9);
}
