import type { Checkpoint } from '@grasp/checkpoint';
import type { Decoder } from '@grasp/decoder';
import { type Engine, loadOn } from '@grasp/prune';
import type { CellStore } from './cell-store.js';
import type { Cell } from './cells.js';

export interface MeasureJob {
  readonly store: CellStore;
  readonly engine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/** Computes the cells of one subject that are not finished. The model is opened and loaded only if there is one. */
export async function measureSubject(
  cells: readonly Cell[],
  open: () => Promise<Checkpoint>,
  { store, engine, say }: MeasureJob,
): Promise<void> {
  const loaded = loadOnce(open, engine);
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

/** A decoder that is loaded when first asked for. */
function loadOnce(open: () => Promise<Checkpoint>, engine: () => Promise<Engine>) {
  let held: { checkpoint: Checkpoint; decoder: Decoder } | undefined;
  return {
    async decoder(): Promise<Decoder> {
      if (held) return held.decoder;
      const checkpoint = await open();
      const loading = loadOn(checkpoint, await engine());
      for (;;) {
        const { done, value } = await loading.next();
        if (!done) continue;
        held = { checkpoint, decoder: value };
        return value;
      }
    },
    async close(): Promise<void> {
      held?.decoder.dispose();
      await held?.checkpoint.close();
    },
  };
}
