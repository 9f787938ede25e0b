import type { PartName } from './parts.js';

/** The parts of the commands' JSON that a headline shows. */
interface Shown {
  readonly verdict?: string;
  readonly matches?: readonly {
    readonly kind: string;
    readonly dtype: string;
    readonly rival?: string;
    readonly ours: { readonly seconds: number };
    readonly secondsRatio?: number;
    readonly memoryRatio?: number;
  }[];
  readonly missing?: readonly string[];
  readonly series?: readonly {
    readonly sizes: readonly {
      readonly length?: number;
      readonly measured: { readonly peakBytes: number };
    }[];
  }[];
  readonly sums?: { readonly calls: number; readonly milliseconds: number };
  readonly kernels?: readonly { readonly name: string; readonly device: string }[];
}

/** One line for a part's result, from the JSON that its command wrote. */
export function headlineOf(name: PartName, json: unknown): string {
  const { verdict, matches = [], missing = [], series = [], sums, kernels = [] } = json as Shown;
  if (name === 'memory') {
    const sizes = series.flatMap((each) => each.sizes);
    return sizes
      .map(({ length, measured }) => `${length} tokens: ${gigabytes(measured.peakBytes)}`)
      .join('; ');
  }
  if (name === 'kernels' && sums) {
    const device = kernels[0]?.device === 'gpu' ? 'GPU' : 'CPU';
    return `${sums.calls.toFixed(0)} ${device} kernels, ${sums.milliseconds.toFixed(2)} ms a step`;
  }
  if (name === 'small' || name === 'large') {
    const times = matches.map(({ kind, dtype, rival, ours, secondsRatio, memoryRatio }) => {
      const beside =
        secondsRatio === undefined
          ? ''
          : `, ${secondsRatio.toFixed(2)} × ${rival} in time, ${memoryRatio?.toFixed(2)} in memory`;
      return `${kind}, ${dtype}: ${ours.seconds.toFixed(3)} s${beside}`;
    });
    return [...times, ...missing.map((each) => `not measured: ${each.split('\n')[0]}`)].join('; ');
  }
  return verdict ?? '';
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
