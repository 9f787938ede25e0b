import { openCheckpoint } from '@grasp/checkpoint';
import {
  checkWeights,
  configOf,
  type DecoderCheckpoint,
  type DecoderConfig,
  openDecoderCheckpoint,
} from '@grasp/decoder';
import { checkTokenizerFits, loadTokenizer, type Tokenizer } from '@grasp/tokenizer';
import type { Terminal } from './terminal.js';

/** An open model. Its weights are still on disk. */
export interface OpenModel {
  readonly checkpoint: DecoderCheckpoint;
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
}

/** Opens a model and its tokenizer, shows the model's warnings, calls `work`, and closes the model in any case. */
export async function withModel<Result>(
  path: string,
  terminal: Terminal,
  work: (model: OpenModel) => Promise<Result>,
): Promise<Result> {
  const opened = await openCheckpoint(path);
  try {
    const config = configOf(opened);
    checkWeights(opened, config); // from the headers, before any weight is read
    const checkpoint = await openDecoderCheckpoint(opened);
    showWarnings(checkpoint, terminal);
    const tokenizer = await loadTokenizer(checkpoint);
    checkTokenizerFits(tokenizer, config.vocabSize);
    return await work({ checkpoint, config: checkpoint.decoder, tokenizer });
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
