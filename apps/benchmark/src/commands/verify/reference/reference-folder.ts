import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenBatch } from '@grasp/calib-data';
import { type Checkpoint, openCheckpoint, openSafetensors, type SafetensorsFile } from '@grasp/checkpoint';
import { parseJson } from '@grasp/files';
import * as z from 'zod';
import { ReferenceFormatError } from './reference-format-error.js';

const perLayer = z.array(z.array(z.number()));
/** One value per unit, by kind and layer. */
const perUnit = z.object({ ffn: perLayer, kv: perLayer });

const step = z.object({
  loss: z.number(),
  masks: perUnit.optional(),
  /** dL/dscore before the update. */
  grads: perUnit.optional(),
  /** Part of the logits under the step's mask: first positions of the first row, first token ids. */
  logits_head: perLayer.optional(),
});

const traceSchema = z.object({
  settings: z.object({
    keep_ratio: z.number(),
    tau: z.number(),
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    alpha: z.number(),
    cost_ffn: z.number(),
    cost_kv: z.number(),
  }),
  gates: z.object({
    initial_scores: perUnit,
    steps: z.array(step).min(1),
    final_scores: perUnit,
    final_masks: perUnit,
    loss_batch0_under_final_masks: z.number(),
  }),
  rescale: z.object({
    step0_grads: perUnit,
    losses: z.array(z.number()).min(1),
    final_scores: perUnit,
  }),
});

const projectionSchema = z
  .array(
    z.object({
      tau: z.number(),
      keep_ratio: z.number(),
      cost_ffn: z.number(),
      cost_kv: z.number(),
      scores: perUnit,
      masks: perUnit,
      kept_cost: z.number(),
      total_cost: z.number(),
      over_budget: z.boolean(),
    }),
  )
  .min(1);

const prunedShapesSchema = z.object({
  layers: z.array(
    z.object({
      ffn_intermediate_size: z.int(),
      num_heads: z.int(),
      num_key_value_heads: z.int(),
      head_dim: z.int(),
    }),
  ),
});

export type PerUnit = z.output<typeof perUnit>;
type Trace = z.output<typeof traceSchema>;
export type ProjectionCase = z.output<typeof projectionSchema>[number];
type PrunedShapes = z.output<typeof prunedShapesSchema>;

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let content: unknown;
  try {
    content = parseJson(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ReferenceFormatError(path, (error as Error).message);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new ReferenceFormatError(path, z.prettifyError(parsed.error));
  return parsed.data;
}

/** Reads a projection file: scores, budgets, and the masks of the paper's projection. */
export const readProjections = (path: string): Promise<ProjectionCase[]> => readJson(path, projectionSchema);

/** A small model, and a trace of the paper's code on it. */
export interface Reference {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  readonly trace: Trace;
  /** The batch of a step, `[rows, length]`. */
  batchAt(step: number): TokenBatch;
  /** Expected logits, by their name in io.safetensors. */
  logits(name: string): Promise<Float32Array>;
  /** The folded, sliced weights. */
  readonly pruned: SafetensorsFile;
  readonly prunedShapes: PrunedShapes;
  close(): Promise<void>;
}

/**
 * Opens a reference folder.
 *
 * @throws ReferenceFormatError if a file is missing or malformed, and the errors of opening checkpoints.
 */
export async function openReference(folder: string): Promise<Reference> {
  const path = (name: string) => join(folder, name);
  const trace = await readJson(path('trace.json'), traceSchema);
  const prunedShapes = await readJson(path('pruned_meta.json'), prunedShapesSchema);
  const checkpoint = await openCheckpoint(folder);
  const io = await openSafetensors(path('io.safetensors'));
  const pruned = await openSafetensors(path('pruned.safetensors'));
  const tokens = await io.read('tokens');
  const [steps = 0, rows = 0, length = 0] = tokens.shape;
  if (tokens.dtype !== 'I32' || tokens.shape.length !== 3 || steps < trace.gates.steps.length) {
    throw new ReferenceFormatError(
      io.path,
      `tokens are ${tokens.dtype} [${tokens.shape}], not I32 [steps, batch, T]`,
    );
  }
  return {
    folder,
    checkpoint,
    trace,
    batchAt: (step) => ({
      ids: tokens.data.subarray(step * rows * length, (step + 1) * rows * length),
      shape: [rows, length],
    }),
    async logits(name) {
      const tensor = await io.read(name);
      if (tensor.dtype !== 'F32')
        throw new ReferenceFormatError(io.path, `${name} is ${tensor.dtype}, not F32`);
      return tensor.data;
    },
    pruned,
    prunedShapes,
    close: async () => {
      await Promise.all([checkpoint.close(), io.close(), pruned.close()]);
    },
  };
}
