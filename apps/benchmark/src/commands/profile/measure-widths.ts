import type { Layout } from '@grasp/budget';
import type { LatencyTable } from '@grasp/prune';

/** Times at which every layer has the same width. */
export type WidthTimes = Pick<LatencyTable, 'ffn' | 'kv'>;

export interface Widths {
  readonly channels: number;
  readonly groups: number;
}

/** Most widths of each kind that are timed. */
const MOST_WIDTHS = 5;

/** Equal steps up to `most`, whole numbers from 1 on. */
export function stepsUpTo(most: number, steps = MOST_WIDTHS): number[] {
  return [
    ...new Set(Array.from({ length: steps }, (_, i) => Math.max(1, Math.round((most * (i + 1)) / steps)))),
  ];
}

/** The mask that keeps the first units of each block: every layer at the same width. */
export function maskOfWidths({ size, blocks }: Layout, { channels, groups }: Widths): Float32Array {
  const gates = new Float32Array(size);
  for (const { kind, start, count } of blocks) {
    gates.fill(1, start, start + Math.min(count, kind === 'kv' ? groups : channels));
  }
  return gates;
}

/**
 * Times forward passes at several widths: all KV groups with part of the channels, and all channels with part of the
 * groups. Widths take turns, and of each the fastest pass counts: what else the machine does only ever adds.
 *
 * @param pass one forward pass under these gates; weights are laid out for them in the first of two passes, and only
 *   the second is timed.
 */
export async function measureWidths(
  layout: Layout,
  dense: Widths,
  pass: (gates: Float32Array) => Promise<unknown>,
  {
    repeats,
    onPass = () => {},
  }: { readonly repeats: number; readonly onPass?: (done: number, of: number) => void },
): Promise<WidthTimes> {
  const ffn = stepsUpTo(dense.channels).map((channels) => ({ ...dense, channels }));
  const kv = stepsUpTo(dense.groups).map((groups) => ({ ...dense, groups }));
  const points = [...ffn, ...kv].map((widths) => ({
    gates: maskOfWidths(layout, widths),
    times: [] as number[],
  }));
  let done = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const { gates, times } of points) {
      await pass(gates);
      const start = performance.now();
      await pass(gates);
      times.push(performance.now() - start);
      onPass(++done, points.length * repeats);
    }
  }
  const milliseconds = points.map(({ times }) => Math.min(...times));
  return {
    ffn: ffn.map(({ channels }, i) => ({ channels, milliseconds: milliseconds[i]! })),
    kv: kv.map(({ groups }, i) => ({ groups, milliseconds: milliseconds[ffn.length + i]! })),
  };
}
