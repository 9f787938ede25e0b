import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rows, type TokenBlocks } from '@grasp/calib-data';
import { type Checkpoint, writeFolder } from '@grasp/checkpoint';
import { forTransformers } from '@grasp/export';
import { startRival } from '../../shared/timing/start-step.js';

/** Perplexity of a model in transformers, in float32: the folder that we write of it, on the same tokens. */
export async function perplexityInTransformers(
  checkpoint: Checkpoint,
  windows: TokenBlocks,
  { python, threads }: { readonly python: string; readonly threads: number },
): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'grasp-agree-'));
  try {
    const model = join(scratch, 'model');
    await mkdir(model);
    await writeFolder(forTransformers(checkpoint), model);
    const [count] = windows.shape;
    let sum = 0;
    for (let window = 0; window < count; window++) {
      const { ids } = rows(windows, [window]);
      const workload = { tokens: join(scratch, 'tokens'), gates: '', rows: 1 };
      await writeFile(workload.tokens, new Uint8Array(Int32Array.from(ids).buffer));
      const setting = { model, workload, folder: scratch, dtype: 'float32' as const, threads };
      const kind = 'perplexity';
      const contestant = startRival(setting, { python, kind, rival: { name: 'eager' } });
      try {
        await contestant.ready();
        sum += (await contestant.step(kind)).loss;
      } finally {
        await contestant.close();
      }
    }
    return Math.exp(sum / count);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
