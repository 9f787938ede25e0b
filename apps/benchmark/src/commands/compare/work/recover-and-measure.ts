import { rm } from 'node:fs/promises';
import { openCheckpoint } from '@grasp/checkpoint';
import { isTaken } from '@grasp/files';
import { type HealSettings, type PruneEvent, prunedView } from '@grasp/prune';
import { measureSubject } from '../../../shared/cells/measure-subject.js';
import { healInto } from '../../../shared/models/heal-into.js';
import { pruneInto } from '../../../shared/models/prune-into.js';
import { peakMemory, resetPeakMemory } from '../../../shared/timing/peak-memory.js';
import type { PlannedMask, PlannedRow } from '../plan/plan.js';
import { readChoice } from './choice-cell.js';
import type { Cost } from './cost.js';
import type { WorkContext } from './work-context.js';

/** Recovers a chosen mask and measures the result, unless that is done. The recovered model is then removed. */
export async function recoverAndMeasure(
  mask: PlannedMask,
  row: PlannedRow,
  context: WorkContext,
): Promise<void> {
  const { plan, store, engine, keepModels } = context;
  if (!(await store.hasAll(row.cells))) {
    const choice = await readChoice(store, mask.cell);
    if (!choice) throw new RangeError(`${mask.name} has not been chosen yet`);
    if (row.settings) await recover(mask, row, choice.mask, context);
    const open = async () =>
      row.settings ? openCheckpoint(row.folder) : prunedView(await openCheckpoint(plan.path), choice.mask);
    await measureSubject(row.cells, open, { store, engine, say: context.say });
  }
  if (!keepModels) {
    for (const folder of [row.folder, beforeHealing(row)]) await rm(folder, { recursive: true, force: true });
  }
}

/** Where the recovered model of a healed row stands before it is healed. */
const beforeHealing = ({ folder }: PlannedRow): string => `${folder}-before`;

async function recover(
  { blocks }: PlannedMask,
  row: PlannedRow,
  mask: Uint8Array,
  { plan, store, engine, say }: WorkContext,
): Promise<void> {
  const { name, settings, heal, folder, cost: cell } = row;
  say(`${name}: recovering`);
  const pruned = heal ? beforeHealing(row) : folder;
  const meter = new CostMeter(blocks.shape[1], await isTaken(pruned));
  await resetPeakMemory();
  const texts = { gateBlocks: blocks, scaleBlocks: blocks };
  const onEvent = (event: PruneEvent) => meter.take(event);
  const job = { checkpoint: plan.checkpoint, engine, settings: settings!, mask, say, ...texts };
  await pruneInto({ ...job, folder: pruned, onEvent });
  if (heal) {
    say(`${name}: healing`);
    meter.heals(heal.settings);
    await healInto({ ...heal, pruned, teacher: plan.checkpoint, engine, folder, say, onEvent });
  }
  const cost = await meter.cost();
  if (!cost) return;
  await store.write(cell, { engine: (await engine()).description, seconds: cost.seconds, value: cost });
}

/** What each block of a stage costs. Other stages load, write and measure. */
const STAGES: Partial<Record<PruneEvent['stage'], 'forward' | 'gradients'>> = {
  teacher: 'forward',
  refit: 'forward',
  scales: 'gradients',
  method: 'forward',
  heal: 'gradients',
};

/** Adds up the cost of a recovery from the events of its run. */
class CostMeter {
  private readonly tokens = { forward: 0, gradients: 0 };
  private seconds = 0;
  private last = performance.now();
  /** Whether there were events, and none of them continued an earlier process. */
  private whole: boolean | undefined;

  /** The stage of the last event. */
  private stage: PruneEvent['stage'] | undefined;
  /** Whether healing asks a teacher about each block. */
  private taught = false;

  /** @param continued whether an earlier process left a part of the work */
  constructor(
    private readonly blockLength: number,
    continued: boolean,
  ) {
    if (continued) this.whole = false;
  }

  heals({ teacherShare }: HealSettings): void {
    this.taught = teacherShare > 0;
  }

  take(event: PruneEvent): void {
    const now = performance.now();
    const kind = STAGES[event.stage];
    const first = this.stage !== event.stage;
    const steps = event.stage === 'scales' || event.stage === 'heal';
    this.whole = this.whole !== false && !(steps && first && event.step > 1);
    this.stage = event.stage === 'heal-held-out' ? 'heal' : event.stage;
    if (event.stage === 'heal' && this.taught) this.tokens.forward += event.tokens;
    if (kind && 'tokens' in event && !('done' in event && !event.done)) {
      this.tokens[kind] += event.tokens;
      this.seconds += (now - this.last) / 1000;
    }
    this.last = now;
  }

  /** Undefined if an earlier process did a part of it. */
  async cost(): Promise<Cost | undefined> {
    if (!this.whole) return undefined;
    const blocks = (tokens: number) => Math.round(tokens / this.blockLength);
    const { forward, gradients } = this.tokens;
    const { seconds } = this;
    return {
      forward: blocks(forward),
      gradients: blocks(gradients),
      seconds,
      peakBytes: await peakMemory(),
    };
  }
}
