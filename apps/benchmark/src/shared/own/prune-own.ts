import { openCheckpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { type BackendName, openEngine, type PruneSettings } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { calibrationBlocks } from '../data/token-blocks.js';
import { pruneInto } from '../models/prune-into.js';

/** Time and memory of a process. */
export interface Cost {
  readonly seconds: number;
  /** Peak resident memory. */
  readonly peakBytes: number;
}

/** Cost of a pruning, and how many blocks the text had for it. */
export interface OwnCost extends Cost {
  readonly blocks: number;
}

/** A pruning with this project, on the text files that the paper's code reads. */
export interface OwnJob {
  readonly model: string;
  readonly settings: PruneSettings;
  readonly calib: string;
  readonly scaleCalib: string;
  readonly folder: string;
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
}

/** Prunes with the settings of the paper's code. Call it once per process, because peak memory covers the whole process. */
export async function pruneOwn(job: OwnJob, say: (line: string) => void): Promise<OwnCost> {
  const { model, settings, calib, scaleCalib, folder, backend, threads } = job;
  const start = performance.now();
  const checkpoint = await openCheckpoint(model);
  let used: number;
  try {
    const tokenizer = await loadTokenizer(checkpoint);
    const config = configOf(checkpoint);
    const blocks = (path: string) =>
      calibrationBlocks({ name: 'wikitext2', path }, 'train', tokenizer, config, settings.text);
    const [gateBlocks, scaleBlocks] = [await blocks(calib), await blocks(scaleCalib)];
    [used] = gateBlocks.shape;
    const engine = () => openEngine({ backend, threads, onWarning: say });
    await pruneInto({ checkpoint, engine, settings, gateBlocks, scaleBlocks, folder, say });
  } finally {
    await checkpoint.close();
  }
  return {
    blocks: used,
    seconds: (performance.now() - start) / 1000,
    peakBytes: 1024 * process.resourceUsage().maxRSS,
  };
}
