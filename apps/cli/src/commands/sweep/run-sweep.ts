import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decoderLayout } from '@grasp/decoder';
import { removeOutputFolder } from '@grasp/files';
import {
  assertFitsMemory,
  checkStateFile,
  choiceSettings,
  learnScores,
  openStateFile,
  type PruneJob,
  projectionOf,
  prune,
  type RunState,
  runIdentity,
  runInputs,
} from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import type { OpenModel } from '../../shared/model.js';
import { checkOutputFolder, withOutputFolder } from '../../shared/output-folder.js';
import { watch } from '../../shared/progress/watch.js';
import { readTexts } from '../../shared/run/read-texts.js';
import { writeReport } from '../../shared/run/write-report.js';
import type { Terminal } from '../../shared/terminal.js';
import { showShorterWindows } from '../../shared/texts.js';
import { type Curve, type CurvePoint, pointFor, readCurve, writeCurve } from './curve-file.js';
import { exportedFolders, exportedPoint } from './exported-point.js';
import type { Sweep, SweepPoint } from './points.js';
import { CURVE, SCORES } from './sweep-folder.js';

export interface SweepOptions {
  /** Folder for the scores, the curve and exported models. */
  readonly out: string;
  /** Points whose models are written. */
  readonly exported: ReadonlySet<SweepPoint>;
  readonly overwrite?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly memoryCheck: boolean;
  readonly quiet?: boolean | undefined;
}

/**
 * Learns scores under one budget, or reads those of an earlier sweep, and projects them onto the budget of each point.
 * What follows the choice is done anew at each point.
 */
export async function runSweep(
  { budget, points, learning, options }: Sweep,
  model: OpenModel,
  { out, exported, overwrite = false, restart = false, memoryCheck, quiet }: SweepOptions,
  terminal: Terminal,
): Promise<Curve> {
  const { checkpoint, config } = model;
  const note = (line: string) => {
    if (!quiet) terminal.note(line);
  };
  for (const { settings } of [learning, ...points]) projectionOf(checkpoint, settings); // refuses a budget below the floor before any work
  showShorterWindows(options, config, terminal);
  await checkStateFile(join(out, SCORES), { restart });
  const { sizes, ...texts } = await readTexts(options, model, terminal);
  const engine = await openEngineFor(terminal, { ...options, quiet });
  // Recovery takes more memory the more is kept.
  if (memoryCheck)
    for (const { settings } of [learning, ...points]) assertFitsMemory(config, settings, sizes, engine);
  const shown = { layout: decoderLayout(config), quiet };

  const { gateBlocks } = texts;
  const scoring = { checkpoint, engine, gateBlocks, settings: choiceSettings(learning.settings) };
  const { points: stored, learnedAt } = await readCurve(join(out, CURVE));
  const identity = await runIdentity(scoring);
  const stateFile = await openStateFile(join(out, SCORES), identity, { restart }).catch((error: unknown) => {
    if (learnedAt !== undefined && learnedAt !== learning.name)
      note(
        `The scores there were learned at ${learnedAt}. With --learn-at ${valueIn(learnedAt)}, they serve all points.`,
      );
    throw error;
  });
  const earlier = stateFile.resumed ? stored : [];
  const inputsOf = ({ settings }: SweepPoint) => runInputs({ checkpoint, engine, ...texts, settings });
  const discarded = restart ? await exportedFolders(out) : [];
  for (const folder of discarded) await checkOutputFolder(folder, { overwrite: true });
  const written = new Map<SweepPoint, CurvePoint>();
  for (const point of exported) {
    const folder = join(out, point.name);
    const found = stateFile.resumed && !overwrite ? await exportedPoint(folder, inputsOf(point)) : undefined;
    const mayReplace = overwrite || found !== undefined || discarded.includes(folder);
    await checkOutputFolder(folder, { overwrite: mayReplace }); // before the work, not after it
    if (found) written.set(point, found);
  }
  for (const folder of discarded) {
    note(`Removing ${folder}: it was exported from the scores that --restart discards.`);
    await removeOutputFolder(folder);
  }
  if (!stateFile.resumed) await rm(join(out, CURVE), { force: true }); // its points are of other scores
  note(`Learning scores at ${learning.name}`);
  const choice = await watch(
    learnScores({ ...scoring, stateFile, saveEvery: options.saveEvery }),
    terminal,
    shown,
  );

  const state: RunState = { choice, perplexity: {} };
  const curve = { format: 'grasp-sweep', version: 2, budget, learnedAt: learning.name } as const;
  const measured = (point: SweepPoint) => written.get(point) ?? pointFor(earlier, inputsOf(point));
  const done: CurvePoint[] = [];
  for (const [index, point] of points.entries()) {
    note(`Point ${point.name}`);
    const { dense } = state.perplexity;
    const job: PruneJob = {
      ...{ checkpoint, engine, ...texts, settings: point.settings },
      stateFile: { state: { choice, perplexity: dense ? { dense } : {} }, save: async () => {} },
    };
    const measure = async (folder?: string): Promise<CurvePoint> => {
      const run = prune(folder === undefined ? job : { ...job, folder });
      const { losses: _, maskFile: __, ...record } = await watch(run, terminal, shown);
      if (folder !== undefined) await writeReport(folder);
      return record;
    };
    const toWrite = exported.has(point) && !written.has(point);
    const record = toWrite
      ? await withOutputFolder(join(out, point.name), { overwrite }, measure)
      : (measured(point) ?? (await measure()));
    if (record.perplexity.dense) state.perplexity.dense = record.perplexity.dense;
    done.push(record);
    // Points that are measured already stay in the file, so that a run that is stopped here loses none.
    const toCome = points.slice(index + 1).flatMap((next) => measured(next) ?? []);
    await writeCurve(join(out, CURVE), { ...curve, points: [...done, ...toCome] });
  }
  return { ...curve, points: done };
}

/** Of the name of a point: `keep-0.5`. */
const valueIn = (name: string): string => name.slice(name.lastIndexOf('-') + 1);
