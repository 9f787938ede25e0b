import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  CORPUS_NAMES,
  type CorpusName,
  corpus,
  DataFileError,
  evaluationSplit,
  evaluationWindows,
  gatherBlocks,
  type TextSource,
  type TokenBlocks,
  takeTurns,
  textFile,
  tokenBlocks,
} from '@grasp/calib-data';
import { tokenizerRoles } from '@grasp/checkpoint';
import { heldOutCount, type PruneSettings, parseSettings, SettingsError } from '@grasp/prune';
import { formatItems } from './format.js';
import type { OpenModel } from './model.js';
import type { Terminal } from './terminal.js';

/** What reads a text as a model does. */
export type TextReader = Pick<OpenModel, 'tokenizer' | 'config' | 'checkpoint'>;

/** How a text becomes blocks of a model. */
const asModel = ({ checkpoint, config: { vocabSize } }: TextReader) => ({
  vocabSize,
  roles: () => tokenizerRoles(checkpoint),
});

const isCorpus = (name: string): name is CorpusName => (CORPUS_NAMES as readonly string[]).includes(name);

/**
 * A text by path, or by the name of a corpus on the Hub: `wikitext2`, `ptb:validation`. `signal` stops the download of a corpus.
 *
 * @throws DataFileError if there is neither such a file nor such a corpus
 */
export function textSource(
  argument: string,
  split: 'train' | 'evaluation',
  { column, signal }: { readonly column?: string | undefined; readonly signal: AbortSignal },
): TextSource {
  if (existsSync(argument)) return textFile(argument, column === undefined ? {} : { column });
  const [name = '', named] = argument.split(':');
  if (isCorpus(name))
    return corpus(name, named ?? (split === 'train' ? 'train' : evaluationSplit(name)), { signal });
  const corpora = CORPUS_NAMES.join(', ');
  throw new DataFileError(
    argument,
    `there is no such file, and no corpus of that name. Corpora: ${corpora}.`,
  );
}

/** @throws DataFileError if a text is a folder */
export function refuseFolder(text: string): void {
  if (statSync(text, { throwIfNoEntry: false })?.isDirectory())
    throw new DataFileError(text, 'it is a folder. Give a file of text: .txt, .raw, .jsonl or .parquet.');
}

/** Names of texts in tables: file names, or paths where two files have the same name. */
export function textNames(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const name = basename(path);
    const others = paths.filter((other) => resolve(other) !== resolve(path));
    return others.some((other) => basename(other) === name) ? path : name;
  });
}

/** The first `count` blocks, or all if there are fewer. */
function firstBlocks(blocks: TokenBlocks, count: number): TokenBlocks {
  return count >= blocks.shape[0] ? blocks : blockRange(blocks, 0, count, `first ${count} of`);
}

/** Blocks `[first, first + count)` of a text. `what` goes before its description. */
export function blockRange(blocks: TokenBlocks, first: number, count: number, what: string): TokenBlocks {
  const taken = Array.from({ length: count }, (_, row) => [0, first + row] as const);
  return gatherBlocks([blocks], taken, `${what} ${blocks.description}`);
}

/** All blocks of a text, as a model reads them. */
export function trainingBlocks(
  sources: TextSource | readonly TextSource[],
  reader: TextReader,
  { length, lossOn }: { readonly length: number; readonly lossOn?: LossOn },
): Promise<TokenBlocks> {
  return tokenBlocks(sources, reader.tokenizer, {
    ...{ length, ...asModel(reader) },
    ...(lossOn ? { lossOn } : {}),
  });
}

type LossOn = 'all' | 'replies' | undefined;

/** Tells which conversations were cut or left out. */
export function showTextWarnings(texts: readonly TokenBlocks[], terminal: Terminal): void {
  const warnings = new Set(texts.flatMap((text) => text.warnings ?? []));
  for (const warning of warnings) terminal.note(`warning: ${warning}`);
}

/** Tells which files are both trained on, or calibrated on, and measured. */
export function warnOfMeasuredText(
  read: readonly string[],
  measured: readonly string[],
  { note }: Pick<Terminal, 'note'>,
): void {
  const files = new Set(read.filter((text) => existsSync(text)).map((text) => resolve(text)));
  for (const text of measured)
    if (files.has(resolve(text)))
      note(
        `warning: the run learns from ${text}, so its perplexity there says little. Measure on other text.`,
      );
}

/**
 * @param prefix of the flag that the message names
 * @throws SettingsError if only replies count and no text has conversations.
 */
export function checkLossOn(lossOn: LossOn, texts: readonly TokenBlocks[], prefix = ''): void {
  if (lossOn !== 'replies' || texts.some(({ lossMask }) => lossMask)) return;
  throw new SettingsError(
    `--${prefix}loss-on replies: no text has conversations, that is rows with messages, or with prompt and completion. Use --${prefix}loss-on all.`,
    ['loss-on'],
  );
}

/** Calibration blocks of all sources, alternating with blocks of `mixed`; at most `blocks` in all. */
export async function calibrationBlocks(
  sources: readonly TextSource[],
  reader: TextReader,
  {
    blocks,
    mixed = [],
    ...options
  }: {
    readonly length: number;
    readonly blocks: number;
    readonly lossOn?: LossOn;
    readonly mixed?: readonly TextSource[] | undefined;
  },
): Promise<TokenBlocks> {
  const text = await trainingBlocks(sources, reader, options);
  if (mixed.length === 0) return firstBlocks(text, blocks);
  return takeTurns(text, await trainingBlocks(mixed, reader, options), blocks);
}

/** At most `most` windows of a text for perplexity, of `window` tokens or the model's context if it is shorter. */
export async function perplexityWindows(
  source: TextSource,
  reader: TextReader,
  {
    window = 2048,
    most = Number.POSITIVE_INFINITY,
  }: { readonly window?: number | undefined; readonly most?: number | undefined },
): Promise<TokenBlocks> {
  const length = Math.min(window, reader.config.contextLength);
  return firstBlocks(await evaluationWindows(source, reader.tokenizer, { length, ...asModel(reader) }), most);
}

/** Tells that the windows of perplexity are shorter than asked for, if they are. */
export function showShorterWindows(
  { eval: texts = [], window }: { readonly eval?: readonly string[]; readonly window?: number | undefined },
  { contextLength }: Pick<TextReader['config'], 'contextLength'>,
  terminal: Pick<Terminal, 'note'>,
): void {
  if (texts.length === 0 || window === undefined || window <= contextLength) return;
  terminal.note(
    `warning: --window ${window} is longer than the model's context. Perplexity is measured on windows of ${contextLength} tokens.`,
  );
}

/** Tells that fewer blocks are held out than asked for, if they are. The default of a method is a maximum for any text. */
export function showFewerHeldOut(
  settings: Pick<PruneSettings, 'method' | 'heldOut' | 'scales'>,
  { shape: [available] }: Pick<TokenBlocks, 'shape'>,
  { note }: Pick<Terminal, 'note'>,
): void {
  const { method, heldOut, scales } = settings;
  const isDefault = heldOut.blocks === parseSettings({ method }).heldOut.blocks;
  const count = heldOutCount(settings, available);
  if (isDefault || scales.epochs === 0 || heldOut.blocks <= count) return;
  note(
    `warning: --held-out-blocks ${heldOut.blocks}: at most one block in 16 is held out, ${count} of the ${formatItems(available, 'block')} here. Give more text, or hold out ${count}.`,
  );
}
