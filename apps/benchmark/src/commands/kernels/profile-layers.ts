import { type Engine, EngineError, prunedView } from '@grasp/prune';
import { loadModel } from '../../shared/models/load-model.js';
import { randomCheckpoint } from '../../shared/models/random-checkpoint.js';
import { shapeOf } from '../../shared/models/shapes.js';
import { readBatch, stepsOf } from '../../shared/timing/steps-of.js';
import { WARM_UP_STEPS } from '../../shared/timing/warm-up.js';
import { writeWorkload } from '../../shared/timing/workload.js';
import type { KernelReport, KernelSetting } from './kernel-table.js';

/**
 * Profiles steps of a random model by kernel.
 *
 * @param scratch folder for tokens and gates
 * @throws EngineError if the engine has no profiler
 */
export async function profileLayers(
  engine: Engine,
  { like, kind, layers, vocabulary, rows, length, keep, dtype, steps }: KernelSetting,
  scratch: string,
): Promise<Pick<KernelReport, 'kernels' | 'seconds' | 'compilations'>> {
  const { profile } = engine;
  if (!profile)
    throw new EngineError(`${engine.description} has no profiler. Use TensorFlow.`, engine.backend);
  const checkpoint = randomCheckpoint(shapeOf(like, { layers, vocabulary }));
  const workload = await writeWorkload(checkpoint, scratch, { rows, length, keep, seed: 1 });
  const decoder = await loadModel(checkpoint, engine, dtype);
  try {
    const input = readBatch(workload);
    const pruned = () => loadModel(prunedView(checkpoint, Uint8Array.from(input.gates)), engine, dtype);
    const step = stepsOf(decoder, input, pruned)[kind];
    for (let i = 0; i < WARM_UP_STEPS; i++) await step();
    let milliseconds = 0;
    const kernels = await profile(async () => {
      const start = performance.now();
      for (let i = 0; i < steps; i++) await step();
      milliseconds = performance.now() - start;
    });
    const compilations = engine.compilations?.();
    const compiled = compilations === undefined ? {} : { compilations };
    return { kernels, seconds: milliseconds / 1e3 / steps, ...compiled };
  } finally {
    decoder.dispose();
  }
}
