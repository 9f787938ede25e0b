import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { claimOutputFolder } from '@grasp/files';
import {
  type Engine,
  HEAL_RECORD,
  type HealSettings,
  type HealTexts,
  heal,
  healIdentity,
  type PruneEvent,
} from '@grasp/prune';
import { isPruned } from './prune-into.js';
import { resumableHealState } from './resumable-state.js';

export interface HealIntoJob {
  /** Folder of the pruned model. */
  readonly pruned: string;
  readonly teacher: Checkpoint;
  /** Opens the engine. Called only if there is something to compute. */
  readonly engine: () => Promise<Engine>;
  readonly settings: HealSettings;
  readonly texts: HealTexts;
  /** Output folder. A complete healed model in it is kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Called with each event of the run. */
  readonly onEvent?: (event: PruneEvent) => void;
}

/** Steps between two progress lines. */
const STEPS_PER_LINE = 16;

/**
 * Heals a pruned model into a folder, which appears under its name only when it is complete. An interrupted run resumes from
 * its last saved state, unless it is of another engine or release.
 */
export async function healInto({ folder, say, onEvent, ...job }: HealIntoJob): Promise<void> {
  if (await isPruned(folder, HEAL_RECORD)) return;
  const pruned = await openCheckpoint(job.pruned);
  try {
    const run = { ...job, pruned, engine: await job.engine() };
    const stateFile = resumableHealState(`${folder}.state`, await healIdentity(run));
    const output = await claimOutputFolder(folder);
    try {
      for await (const event of heal({ ...run, folder: output.work, stateFile })) {
        onEvent?.(event);
        if (event.stage === 'heal' && event.step % STEPS_PER_LINE === 0)
          say(`healing ${event.step}/${event.steps}: loss ${event.nll.toFixed(3)}`);
      }
    } catch (error) {
      await output.discard().catch(() => {}); // report the first error
      throw error;
    }
    await output.commit();
    await stateFile.remove();
  } finally {
    await pruned.close();
  }
}
