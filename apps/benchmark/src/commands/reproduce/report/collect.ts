import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@grasp/files';
import { RUN_RECORD, type RunRecord } from '@grasp/prune';
import type { CellStore } from '../../../shared/cells/cell-store.js';
import type { Measured } from '../../../shared/cells/cells.js';
import type { Plan } from '../plan/plan.js';
import type { Subject } from '../suites/suites.js';
import { type Report, type ReportRow, reportRow } from './report.js';

/**
 * Collects the finished cells into a report, whichever process computed them.
 *
 * @param subjects subjects of the rows.
 * @param failed one line for each step that failed and is not submitted again.
 */
export async function collect(
  plan: Plan,
  store: CellStore,
  subjects: readonly Subject[],
  failed: readonly string[] = [],
): Promise<Report> {
  const { model, paper, ablations, impossible } = plan;
  const engines = new Set<string>();
  const rows: ReportRow[] = [];
  for (const subject of subjects) {
    const measured: Record<string, Measured> = {};
    for (const cell of await plan.cells(subject)) {
      const stored = await store.read(cell);
      if (!stored) continue;
      measured[cell.metric] = cell.measured(stored.value);
      if (stored.engine !== undefined) engines.add(stored.engine);
    }
    const planned = await plan.pruning(subject);
    rows.push(reportRow(subject, measured, paper, planned && (await keptOf(planned.folder))));
  }
  return {
    model,
    ...(paper ? { paper: paper.name } : {}),
    engine: [...engines].join('; ') || 'not recorded',
    rows,
    ablations,
    missing: [...(await plan.evaluation()).missing, ...impossible, ...failed],
  };
}

/** Prunable parameters kept, as a share. Undefined if the model is not pruned or its run record is damaged. */
async function keptOf(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, RUN_RECORD), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { before, after } = parseJson(text) as RunRecord;
    const kept = after.prunableParameters / before.prunableParameters;
    return Number.isFinite(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}
