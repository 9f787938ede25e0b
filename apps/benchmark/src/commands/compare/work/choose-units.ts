import { dirname, join } from 'node:path';
import { openDecoderCheckpoint } from '@grasp/decoder';
import { chooseMask, projectionOf, removeState, runIdentity } from '@grasp/prune';
import { hashOf } from '../../../shared/cells/hash.js';
import { makeFolder } from '../../../shared/files/make-folder.js';
import { loadModel } from '../../../shared/models/load-model.js';
import { resumableState } from '../../../shared/models/resumable-state.js';
import { peakMemory, resetPeakMemory } from '../../../shared/timing/peak-memory.js';
import type { PlannedMask } from '../plan/plan.js';
import { type Choice, readChoice, storedChoice } from './choice-cell.js';
import { countedModel } from './counted-model.js';
import type { WorkContext } from './work-context.js';

const SECONDS_BETWEEN_SAVES = 120;

/** Chooses the units of a mask and stores it, unless that is done. A choice of many steps resumes where it stopped. */
export async function chooseUnits(planned: PlannedMask, context: WorkContext): Promise<void> {
  const { store, engine, say } = context;
  if (await readChoice(store, planned.cell)) return;
  say(`${planned.name}: choosing units`);
  const choice = await choose(planned, context);
  const { description } = await engine();
  await store.write(planned.cell, {
    engine: description,
    seconds: choice.cost?.seconds ?? 0,
    value: storedChoice(choice),
  });
  await removeState(statePath(planned, context));
}

const statePath = ({ cell }: PlannedMask, { out }: WorkContext): string =>
  join(out, 'models', `${cell.name}-${hashOf(cell.inputs)}.state`);

async function choose(planned: PlannedMask, context: WorkContext): Promise<Choice> {
  const { settings, blocks, method } = planned;
  const { plan, engine: open } = context;
  const { given } = method;
  const engine = await open();
  const checkpoint = await openDecoderCheckpoint(plan.checkpoint);
  const source = { checkpoint, ...(given ? { method: given } : {}) };
  const inSteps = settings.choice === 'gates' || settings.choice === 'importance';
  const job = { ...source, engine, settings, gateBlocks: blocks };
  const path = statePath(planned, context);
  await makeFolder(dirname(path));
  const file = inSteps ? await resumableState(path, await runIdentity(job)) : undefined;
  const decoder = await loadModel(plan.checkpoint, engine, settings.engine.dtype);
  try {
    await resetPeakMemory();
    const asked = { forward: 0, gradients: 0 };
    const start = performance.now();
    let savedAt = Number.NEGATIVE_INFINITY;
    const run = chooseMask(
      countedModel(decoder, asked),
      source,
      blocks,
      settings,
      projectionOf(checkpoint, settings),
      file?.state,
    );
    for (;;) {
      const { done, value } = await run.next();
      if (!done) {
        if (performance.now() - savedAt < 1000 * SECONDS_BETWEEN_SAVES) continue;
        await file?.save();
        savedAt = performance.now();
        continue;
      }
      const seconds = (performance.now() - start) / 1000;
      const cost = file?.resumed ? undefined : { ...asked, seconds, peakBytes: await peakMemory() };
      return { mask: value.mask, cost };
    }
  } finally {
    decoder.dispose();
  }
}
