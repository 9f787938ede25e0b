import { openCheckpoint } from '@grasp/checkpoint';
import { decoderConfig } from '@grasp/decoder';
import { type BackendName, openEngine, type PruneSettings } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import { calibration } from '../reproduce/data.js';
import { pruneInto } from '../reproduce/prune-subject.js';
import type { Cost } from './run-official.js';

/** What this project's process is told. The texts are the files that the paper's code reads. */
export interface OwnJob {
  readonly model: string;
  readonly settings: PruneSettings;
  readonly calib: string;
  readonly scaleCalib: string;
  readonly folder: string;
  readonly backend?: BackendName | undefined;
  readonly threads?: number | undefined;
}

/** Prunes as the paper's code is told to. To be called once in a process: memory of earlier work would count. */
export async function pruneOwn(job: OwnJob, say: (line: string) => void): Promise<Cost> {
  const { model, settings, calib, scaleCalib, folder, backend, threads } = job;
  const start = performance.now();
  const checkpoint = await openCheckpoint(model);
  try {
    const tokenizer = await loadTokenizer(checkpoint);
    const config = decoderConfig(checkpoint.config);
    const blocks = (path: string) =>
      calibration({ name: 'wikitext2', path }, 'train', tokenizer, config, settings.text);
    const [gateBlocks, scaleBlocks] = [await blocks(calib), await blocks(scaleCalib)];
    const engine = () => openEngine({ backend, threads, onWarning: say });
    await pruneInto({ checkpoint, engine, settings, gateBlocks, scaleBlocks, folder, say });
  } finally {
    await checkpoint.close();
  }
  return {
    seconds: (performance.now() - start) / 1000,
    peakBytes: 1024 * process.resourceUsage().maxRSS,
  };
}
