import { join } from 'node:path';
import { decoderLayout } from '@grasp/decoder';
import {
  assertFitsMemory,
  learnScores,
  openStateFile,
  type PruneJob,
  projectionOf,
  prune,
  type RunState,
  runIdentity,
  runInputs,
} from '@grasp/prune';
import { openEngineFor } from '../../engine.js';
import type { OpenModel } from '../../model.js';
import { withOutputFolder } from '../../output.js';
import { watch } from '../../progress/watch.js';
import type { Terminal } from '../../terminal.js';
import { readTexts } from '../prune/read-texts.js';
import { type Curve, type CurvePoint, pointFor, readPoints, writeCurve } from './curve-file.js';
import { type Sweep, type SweepPoint, scoreSettings } from './points.js';
import { CURVE, SCORES } from './sweep-folder.js';

export interface SweepOptions {
  /** Folder of scores, curve and exported models. */
  readonly out: string;
  /** Points of which the model is written. */
  readonly exported: ReadonlySet<SweepPoint>;
  readonly overwrite?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly memoryCheck: boolean;
  readonly quiet?: boolean | undefined;
}

/**
 * Learns scores under one budget, or takes those that an earlier sweep left, and projects them onto each point's. What
 * follows the choice of units (refit, scales) is learned for each point. The curve on disk grows with each point, and
 * points that stand there with the same settings, text and versions are not measured again.
 */
export async function runSweep(
  { budget, points, learning, options }: Sweep,
  model: OpenModel,
  { out, exported, overwrite = false, restart = false, memoryCheck, quiet }: SweepOptions,
  terminal: Terminal,
): Promise<Curve> {
  const { checkpoint, config } = model;
  for (const { settings } of [learning, ...points]) projectionOf(checkpoint, settings); // refused before any work
  const { sizes, ...texts } = await readTexts(options, model);
  const engine = await openEngineFor(terminal, options);
  if (memoryCheck) assertFitsMemory(config, learning.settings, sizes, engine);
  const shown = { layout: decoderLayout(config), quiet };

  const { gateBlocks } = texts;
  const scoring = { checkpoint, engine, gateBlocks, settings: scoreSettings(learning.settings) };
  const stateFile = await openStateFile(join(out, SCORES), await runIdentity(scoring), { restart });
  const earlier = stateFile.resumed ? await readPoints(join(out, CURVE)) : [];
  terminal.note(`Scores, learned under ${learning.name}`);
  const choice = await watch(
    learnScores({ ...scoring, stateFile, saveEvery: options.saveEvery }),
    terminal,
    shown,
  );

  const state: RunState = { choice, perplexity: {} };
  const curve = { format: 'grasp-sweep', version: 1, budget, learnedAt: learning.name } as const;
  const done: CurvePoint[] = [];
  for (const point of points) {
    terminal.note(`Point ${point.name}`);
    const { dense } = state.perplexity;
    const job: PruneJob = {
      ...{ checkpoint, engine, ...texts, settings: point.settings },
      stateFile: { state: { choice, perplexity: dense ? { dense } : {} }, save: async () => {} },
    };
    const measure = async (folder?: string): Promise<CurvePoint> => {
      const run = prune(folder === undefined ? job : { ...job, folder });
      const { losses: _, maskFile: __, ...record } = await watch(run, terminal, shown);
      return record;
    };
    const record = exported.has(point)
      ? await withOutputFolder(join(out, point.name), { overwrite }, measure)
      : (pointFor(earlier, runInputs(job)) ?? (await measure()));
    if (record.perplexity.dense) state.perplexity.dense = record.perplexity.dense;
    done.push(record);
    await writeCurve(join(out, CURVE), { ...curve, points: done });
  }
  return { ...curve, points: done };
}
