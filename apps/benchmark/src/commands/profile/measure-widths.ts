import type { Layout, UnitKind } from '@grasp/budget';
import type { LatencyTable } from '@grasp/prune';

/** Times of models whose layers all have the same width. */
export type WidthTimes = Pick<LatencyTable, 'ffn' | 'kv'>;

export interface Widths {
  readonly channels: number;
  readonly groups: number;
}

/** Maximum number of widths of each kind. */
const MAX_WIDTHS = 5;

/** Widths in equal steps up to `max`, rounded to positive integers. */
export function stepsUpTo(max: number, steps = MAX_WIDTHS): number[] {
  return [
    ...new Set(Array.from({ length: steps }, (_, i) => Math.max(1, Math.round((max * (i + 1)) / steps)))),
  ];
}

/** The mask that keeps the first units of each block, so that every layer has the same width. */
export function maskOfWidths({ size, blocks }: Layout, { channels, groups }: Widths): Float32Array {
  const gates = new Float32Array(size);
  for (const { kind, start, count } of blocks) {
    gates.fill(1, start, start + Math.min(count, kind === 'kv' ? groups : channels));
  }
  return gates;
}

/**
 * Times forward passes at several widths: all KV groups with some of the channels, and all channels with some of the
 * groups. A kind that cannot be pruned has one width. Widths alternate, and the fastest pass of each counts, because other
 * programs only add time.
 *
 * @param pass one forward pass under these gates. It is called twice per measurement. The first call permutes the weights
 *   for the gates; the second is timed.
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
  const stepsOf = (kind: UnitKind, max: number) =>
    layout.blocks.some((block) => block.kind === kind) ? stepsUpTo(max) : [max];
  const ffn = stepsOf('ffn', dense.channels).map((channels) => ({ ...dense, channels }));
  const kv = stepsOf('kv', dense.groups).map((groups) => ({ ...dense, groups }));
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
