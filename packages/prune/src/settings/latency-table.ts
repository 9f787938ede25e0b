import * as z from 'zod';

const point = { milliseconds: z.number().gt(0) };

/**
 * Times of forward passes of one model on one machine, with all layers at the same width. The series `ffn` varies the
 * FFN channels with all KV groups; the series `kv` varies the KV groups with all channels. `grasp-bench profile` writes
 * such a table. Times measured in another runtime are accepted too.
 */
export const latencyTableSchema = z.strictObject({
  format: z.literal('grasp-latency'),
  version: z.literal(1),
  machine: z.string(),
  engine: z.string(),
  /** Tokens in the pass. */
  tokens: z.int().min(1),
  /** Shape of the dense model. The table applies only to models of this shape. */
  model: z.strictObject({
    layers: z.int().min(1),
    hiddenSize: z.int().min(1),
    headSize: z.int().min(1),
    headsPerGroup: z.int().min(1),
    channels: z.int().min(1),
    groups: z.int().min(1),
  }),
  ffn: z.array(z.strictObject({ channels: z.int().min(0), ...point })).min(1),
  kv: z.array(z.strictObject({ groups: z.int().min(0), ...point })).min(1),
});

export type LatencyTable = z.output<typeof latencyTableSchema>;
