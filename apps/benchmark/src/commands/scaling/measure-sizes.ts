import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { forecast, forecastSeconds, type MatMulRates, parseSettings } from '@grasp/prune';
import { randomCheckpoint } from '../../shared/models/random-checkpoint.js';
import { type ShapeName, shapeOf } from '../../shared/models/shapes.js';
import { type DType, startOurs } from '../../shared/timing/start-step.js';
import type { StepProcess, StepResult } from '../../shared/timing/step-process.js';
import { WARM_UP_STEPS } from '../../shared/timing/warm-up.js';
import { writeWorkload } from '../../shared/timing/workload.js';

/** Size of a gate step. */
export interface Size {
  readonly layers: number;
  readonly vocabulary: number;
  /** Rows per batch. */
  readonly rows: number;
  /** Tokens per row. Default: that of the conditions. */
  readonly length?: number;
}

export interface Conditions {
  readonly like: ShapeName;
  /** Tokens per row, where they do not vary. */
  readonly length: number;
  readonly keep: number;
  readonly dtype: DType;
  readonly threads: number;
  readonly rounds: number;
}

/** Time and memory of one gate step. */
export interface Cost {
  readonly seconds: number;
  readonly peakBytes: number;
}

export interface MeasuredSize extends Size {
  /** Time of the fastest step, and peak memory: of the GPU if there is one, else resident. */
  readonly measured: Cost;
  /** Smallest CPU time of a step, all threads in sum. Other programs on the machine affect it little. */
  readonly cpuSeconds: number;
  /** Forecast of a dry run. */
  readonly forecast: Cost;
  /** Measured after the fastest step. */
  readonly rates: MatMulRates;
}

/** Tokens per row of a size. */
export const lengthOf = ({ length }: Size, conditions: Pick<Conditions, 'length'>): number =>
  length ?? conditions.length;

/** Forecast of a dry run for one gate step. */
export function forecastOf(size: Size, conditions: Conditions, rates: MatMulRates): Cost {
  const { like, keep, dtype } = conditions;
  const length = lengthOf(size, conditions);
  const config = decoderConfig(shapeOf(like, size));
  const settings = parseSettings({
    budget: { keep },
    text: { length, batch: size.rows },
    engine: { dtype },
    gates: { epochs: 1 },
    scales: { epochs: 0 },
  });
  const run = forecast(config, settings, { gates: size.rows, scales: 0 });
  return { seconds: forecastSeconds(run, rates), peakBytes: run.peakBytes };
}

/**
 * Times gate steps of models with random weights, one process per size. Sizes alternate, so that changes of the machine's
 * speed affect all alike. With one round there is nothing to alternate, and each process ends before the next one starts:
 * the machine needs memory for one size only.
 */
export async function measureSizes(
  sizes: readonly Size[],
  conditions: Conditions,
  scratch: string,
): Promise<MeasuredSize[]> {
  if (conditions.rounds > 1) return measureTogether(sizes, conditions, scratch);
  const measured: MeasuredSize[] = [];
  for (const size of sizes) measured.push(...(await measureTogether([size], conditions, scratch)));
  return measured;
}

async function measureTogether(
  sizes: readonly Size[],
  conditions: Conditions,
  scratch: string,
): Promise<MeasuredSize[]> {
  const processes: StepProcess[] = [];
  const folder = await mkdtemp(join(scratch, 'sizes-'));
  try {
    for (const [i, size] of sizes.entries())
      processes.push(await start(size, conditions, join(folder, `${i}`)));
    const round = async () => {
      const steps: StepResult[] = [];
      for (const each of processes) steps.push(await each.step('gates'));
      return steps;
    };
    for (let step = 0; step < WARM_UP_STEPS; step++) await round();
    const rounds: StepResult[][] = [];
    while (rounds.length < conditions.rounds) rounds.push(await round());
    return sizes.map((size, i) => {
      const steps = rounds.map((each) => each[i]!).sort((a, b) => a.seconds - b.seconds);
      const { seconds, rates } = steps[0]!;
      const peakBytes = Math.max(...steps.map((step) => step.gpuBytes || step.peakBytes));
      const measured = { seconds, peakBytes };
      const cpuSeconds = Math.min(...steps.map((step) => step.cpuSeconds));
      return {
        ...size,
        measured,
        cpuSeconds,
        rates,
        forecast: forecastOf(size, conditions, rates),
      };
    });
  } finally {
    await Promise.all(processes.map((each) => each.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts a process and waits until it has loaded a model of a size. */
async function start(size: Size, conditions: Conditions, folder: string): Promise<StepProcess> {
  const { like, keep, dtype, threads } = conditions;
  const length = lengthOf(size, conditions);
  const model = join(folder, 'model');
  await writeCheckpoint(randomCheckpoint(shapeOf(like, size)), model);
  const checkpoint = await openCheckpoint(model);
  const workload = await writeWorkload(checkpoint, folder, { rows: size.rows, length, keep, seed: 1 });
  await checkpoint.close();
  const contestant = startOurs({ model, workload, folder, dtype, threads });
  await contestant.ready();
  return contestant;
}
