import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const rowSchema = z
  .object({ method: z.string(), keep: z.number() })
  .catchall(z.number())
  .describe('what the paper reports of a method at a keep ratio, by metric');
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
/** What the paper reports, by metric: perplexities as it rounds them, accuracies as shares. */
export type PaperRow = z.output<typeof rowSchema>;

/** The paper's numbers, a file beside the program. */
export async function readPaper(): Promise<readonly PaperModel[]> {
  const text = await readFile(new URL('../../../../data/paper.json', import.meta.url), 'utf8');
  return schema.parse(JSON.parse(text)).models;
}

/**
 * The paper's model that a checkpoint is: of its shape and, as several have the same, also of its name. Undefined where
 * the paper has none.
 */
export function paperModelOf(
  models: readonly PaperModel[],
  config: Readonly<Record<string, unknown>>,
  names: readonly string[],
): PaperModel | undefined {
  const fits = models.filter(({ shape }) =>
    Object.entries(shape).every(([field, value]) => config[field] === value),
  );
  const named = fits.find((model) => names.some((name) => new RegExp(model.names, 'i').test(name)));
  return named ?? (fits.length === 1 ? fits[0] : undefined);
}

/** What the paper reports of a method at a keep ratio. */
export function paperRow(model: PaperModel | undefined, method: string, keep: number): PaperRow | undefined {
  return model?.rows.find((row) => row.method === method && Math.abs(row.keep - keep) < 1e-9);
}
