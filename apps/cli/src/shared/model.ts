import { existsSync } from 'node:fs';
import { openCheckpoint } from '@grasp/checkpoint';
import type { DecoderConfig } from '@grasp/decoder';
import {
  checkWeights,
  configOf,
  type DecoderCheckpoint,
  openDecoderCheckpoint,
} from '@grasp/decoder/headers';
import type { Tokenizer } from '@grasp/tokenizer';
import { formatBytes } from './format.js';
import { byteView } from './progress/byte-view.js';
import type { Terminal } from './terminal.js';

/** Help of an argument that names a model. */
export const MODEL_HELP = 'Hugging Face folder, GGUF file, or name of a model';

const labels = { download: 'downloading', verify: 'verifying' };

/**
 * Folder or file of a model that the user gives by path or by name. A model of the catalogue is downloaded on first use,
 * after its licence is shown.
 *
 * @throws as `localModel`
 */
export async function modelPath(argument: string, terminal: Terminal, quiet = false): Promise<string> {
  if (existsSync(argument)) return argument; // as localModel does, without loading what downloads models
  const { localModel } = await import('@grasp/models');
  const view = byteView(quiet ? { screen: undefined, note: () => {} } : terminal);
  try {
    return await localModel(argument, {
      signal: terminal.signal,
      onEvent(event) {
        if (event.stage === 'begin') {
          const { name, bytes, licence } = event.model;
          terminal.note(
            `Downloading ${name}, ${formatBytes(bytes)}. Licence: ${licence.name}, ${licence.url}`,
          );
        } else if (event.stage === 'next-source') {
          view.stop();
          if (!quiet) terminal.note(`${event.reason} Trying the next source.`);
        } else view.show(`${labels[event.stage]} ${argument}`, event.done, event.total);
      },
    });
  } finally {
    view.stop();
  }
}

/** How a command opens models. */
export interface OpenHow {
  readonly terminal: Terminal;
  readonly quiet?: boolean | undefined;
  /** Threads of the command, for which reading is a part of its work. */
  readonly threads?: number | undefined;
}

/** An open model. Its weights are still on disk. */
export interface OpenModel {
  /** Its folder or file on this machine. */
  readonly path: string;
  readonly checkpoint: DecoderCheckpoint;
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
}

/**
 * Opens a model and its tokenizer, shows the model's warnings, calls `work`, and closes the model in any case.
 *
 * @param model path, or name of a model that is downloaded on first use
 * @param options `warned`: its warnings were shown before
 */
export async function withModel<Result>(
  model: string,
  { terminal, quiet, threads, warned = false }: OpenHow & { readonly warned?: boolean },
  work: (model: OpenModel) => Promise<Result>,
): Promise<Result> {
  const path = await modelPath(model, terminal, quiet);
  const opened = await openCheckpoint(path, { threads });
  try {
    const config = configOf(opened);
    checkWeights(opened, config); // from the headers, before any weight is read
    const checkpoint = await openDecoderCheckpoint(opened);
    if (!warned) showWarnings(checkpoint, terminal);
    const { checkTokenizerFits, loadTokenizer } = await import('@grasp/tokenizer');
    const tokenizer = await loadTokenizer(checkpoint);
    checkTokenizerFits(tokenizer, config.vocabSize);
    return await work({ path, checkpoint, config: checkpoint.decoder, tokenizer });
  } finally {
    await opened.close();
  }
}

/** Prints what in a model's files deviates from its config. */
export function showWarnings(
  { warnings, source }: Pick<DecoderCheckpoint, 'warnings' | 'source'>,
  terminal: Terminal,
): void {
  for (const warning of warnings) terminal.note(`warning: ${source}: ${warning}`);
}
