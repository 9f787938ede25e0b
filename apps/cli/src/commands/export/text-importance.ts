import { rows } from '@grasp/calib-data';
import { decoderLayout } from '@grasp/decoder';
import { inputImportance, loadOn, SettingsError } from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { withModel } from '../../shared/model.js';
import { countView } from '../../shared/progress/count-view.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';
import { calibrationBlocks, textSource } from '../../shared/texts.js';

/** Tokens in a block: the context of llama.cpp's own tool. */
const BLOCK = 512;

export interface ImportanceFlags {
  readonly importance: string;
  /** How many blocks of text to read. Default: 64. */
  readonly importanceBlocks?: number | undefined;
  readonly backend?: 'tensorflow' | 'wasm' | undefined;
  readonly threads?: number | undefined;
  readonly quiet: boolean;
}

/** Before a model is loaded. @throws SettingsError if the type uses no importance */
export function checkImportance(type: string): void {
  if (/_k(_m)?$/.test(type)) return;
  throw new SettingsError(`--importance: ${type} does not use it. Choose q4_k_m, q5_k_m or q6_k.`, [
    'importance',
  ]);
}

/** Importance of the columns of a model's matrices on a text. Loads the model and frees it again. */
export async function textImportance(
  path: string,
  { importance: text, importanceBlocks: blocks = 64, backend, threads, quiet }: ImportanceFlags,
  terminal: Terminal,
): Promise<ReadonlyMap<string, Float32Array>> {
  const silent = quiet || undefined;
  return withModel(path, { terminal, quiet: silent, warned: true }, async (model) => {
    const { checkpoint, config } = model;
    const length = Math.min(BLOCK, config.contextLength);
    const source = textSource(text, 'train', { signal: terminal.signal });
    const all = await calibrationBlocks([source], model, { length, blocks });
    const batches = Array.from({ length: all.shape[0] }, (_, row) => rows(all, Uint32Array.of(row)));
    const engine = await openEngineFor(terminal, { backend, threads, quiet: silent });
    const layout = decoderLayout(config);
    const decoder = await watch(loadOn(checkpoint, engine), terminal, { layout, quiet: silent });
    const view = countView(terminal, silent);
    try {
      return await inputImportance(decoder.under(), batches, (done, total) => {
        terminal.signal.throwIfAborted();
        view.show('importance', done, total);
      });
    } finally {
      view.stop();
      decoder.dispose();
    }
  });
}
