import type { Checkpoint } from '@grasp/checkpoint';
import type { Decoder } from '@grasp/decoder';
import type { Engine } from '@grasp/prune';
import { loadModel } from '../models/load-model.js';
import type { CellStore } from './cell-store.js';
import type { Cell } from './cells.js';

export interface MeasureJob {
  readonly store: CellStore;
  readonly engine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/** Computes the unfinished cells of one subject. The model is loaded only if there are any. */
export async function measureSubject(
  cells: readonly Cell[],
  open: () => Promise<Checkpoint>,
  { store, engine, say }: MeasureJob,
): Promise<void> {
  const loaded = loadOnFirstUse(open, engine);
  try {
    for (const cell of cells) {
      if (await store.read(cell)) continue;
      say(cell.title);
      const start = performance.now();
      const value = await cell.compute(await loaded.decoder());
      const seconds = (performance.now() - start) / 1000;
      await store.write(cell, { engine: (await engine()).description, seconds, value });
    }
  } finally {
    await loaded.close();
  }
}

function loadOnFirstUse(open: () => Promise<Checkpoint>, engine: () => Promise<Engine>) {
  let checkpoint: Checkpoint | undefined;
  let decoder: Decoder | undefined;
  return {
    async decoder(): Promise<Decoder> {
      checkpoint ??= await open();
      decoder ??= await loadModel(checkpoint, await engine());
      return decoder;
    },
    async close(): Promise<void> {
      decoder?.dispose();
      await checkpoint?.close();
    },
  };
}
