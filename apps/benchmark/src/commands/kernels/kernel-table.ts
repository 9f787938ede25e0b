import type { Engine } from '@grasp/prune';
import type { ShapeName } from '../../shared/models/shapes.js';
import type { DType } from '../../shared/timing/start-step.js';
import type { StepKind } from '../../shared/timing/step-process.js';

/** Kernels of a profile, longest time first. */
export type KernelTimes = Awaited<ReturnType<NonNullable<Engine['profile']>>>;

/** What is profiled. */
export interface KernelSetting {
  readonly like: ShapeName;
  readonly kind: StepKind;
  readonly layers: number;
  readonly vocabulary: number;
  readonly rows: number;
  readonly length: number;
  readonly keep: number;
  readonly dtype: DType;
  /** Number of steps. */
  readonly steps: number;
}

export interface KernelReport extends KernelSetting {
  readonly machine: string;
  readonly engine: string;
  /** Kernels of all steps. */
  readonly kernels: KernelTimes;
  /** Number of functions that XLA compiled, if it compiles them. */
  readonly compilations?: number;
  /** Time of a step while it is profiled, from its start to its result. */
  readonly seconds: number;
}

export const KERNEL_COLUMNS = ['kernel', 'calls', 'ms', 'share'] as const;

/** A GPU's kernels have names of several hundred letters. */
const LONGEST_NAME = 70;

const shortened = (name: string): string =>
  name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;

/** Calls and milliseconds of all kernels, per step. */
export function sumsOf({ kernels, steps }: Pick<KernelReport, 'kernels' | 'steps'>): {
  calls: number;
  milliseconds: number;
} {
  const sum = (of: (kernel: KernelTimes[number]) => number) =>
    kernels.reduce((total, kernel) => total + of(kernel), 0) / steps;
  return { calls: sum(({ count }) => count), milliseconds: 1e3 * sum(({ seconds }) => seconds) };
}

/** One row per kernel, per step; those beyond `top` in one row. */
export function kernelRows(report: Pick<KernelReport, 'kernels' | 'steps'>, top: number): string[][] {
  const { kernels, steps } = report;
  const { milliseconds: total } = sumsOf(report);
  const row = (name: string, count: number, seconds: number) => {
    const milliseconds = (1e3 * seconds) / steps;
    return [
      name,
      (count / steps).toFixed(0),
      milliseconds.toFixed(3),
      `${((100 * milliseconds) / (total || 1)).toFixed(1)}%`,
    ];
  };
  const rest = kernels.slice(top);
  const others = { kernels: rest, steps: 1 };
  return [
    ...kernels.slice(0, top).map(({ name, count, seconds }) => row(shortened(name), count, seconds)),
    ...(rest.length === 0
      ? []
      : [row(`${rest.length} others`, sumsOf(others).calls, sumsOf(others).milliseconds / 1e3)]),
  ];
}
