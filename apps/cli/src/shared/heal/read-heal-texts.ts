import { gatherBlocks, mixTexts, type TokenBlocks } from '@grasp/calib-data';
import {
  type EvaluationText,
  type HealSettings,
  type HealTexts,
  healSteps,
  numberOf,
  SettingsError,
} from '@grasp/prune';
import { formatItems } from '../format.js';
import type { OpenModel } from '../model.js';
import type { Terminal } from '../terminal.js';
import {
  blockRange,
  checkLossOn,
  perplexityWindows,
  textNames,
  textSource,
  trainingBlocks,
} from '../texts.js';

/** Flags that name texts. */
export interface TextFlags {
  readonly text: readonly string[];
  /** Numbers, separated by commas. */
  readonly textWeights?: string;
  readonly textColumn?: string;
  readonly eval?: readonly string[];
  readonly window?: number;
  readonly evalWindows?: number;
  /** Of the flags of healing, in messages. Default: none. */
  readonly prefix?: string;
  /** Settings whose values come from flags without the prefix. */
  readonly ofRun?: readonly ('length' | 'lossOn')[];
}

/** Reads all texts of a healing: blocks in the order of training, held-out blocks, and texts to measure. */
export async function readHealTexts(
  {
    text,
    textWeights,
    textColumn,
    eval: measured = [],
    window,
    evalWindows: most,
    prefix = '',
    ofRun = [],
  }: TextFlags,
  settings: HealSettings,
  model: OpenModel,
  { signal }: Pick<Terminal, 'signal'>,
): Promise<{ texts: HealTexts; evaluation: EvaluationText[] }> {
  const { config, checkpoint } = model;
  // A file that is copied with the weights and cannot be read would stop the write, after all the work.
  for (const file of checkpoint.files) await file.read();
  const { length, batch, heldOut, lossOn, seed } = settings;
  const { contextLength } = config;
  if (length > contextLength) {
    const message = `--${ofRun.includes('length') ? '' : prefix}length ${length} is longer than the model's context of ${contextLength} tokens. Use ${contextLength} or less.`;
    throw new SettingsError(message, ['length']);
  }
  const weights = textWeights?.split(',').map(numberOf);
  if (weights && (weights.length !== text.length || !weights.every((weight) => weight > 0))) {
    const message = `--${prefix}text-weights ${textWeights}: it must be one positive number for each of the ${text.length} texts, separated by commas.`;
    throw new SettingsError(message, ['text-weights']);
  }
  const from = { column: textColumn, signal };
  const blocks: TokenBlocks[] = [];
  for (const each of text) {
    blocks.push(await trainingBlocks(textSource(each, 'train', from), model, { length, lossOn }));
  }
  checkLossOn(lossOn, blocks, ofRun.includes('lossOn') ? '' : prefix);
  const parts = blocks.map((own, i) => {
    const count = Math.ceil((heldOut - i) / blocks.length); // all texts together: heldOut
    return splitEnd(own, count, text[i]!, `--${prefix}held-out ${heldOut}`);
  });
  const training = mixTexts(
    parts.map(([first]) => first),
    { count: healSteps(settings) * batch, weights, seed },
  );
  const evaluation: EvaluationText[] = [];
  const names = textNames(measured);
  for (const [i, each] of measured.entries()) {
    const source = textSource(each, 'evaluation', from);
    evaluation.push({
      name: names[i]!,
      windows: await perplexityWindows(source, model, { window, most }),
    });
  }
  return { texts: { training, heldOut: joined(parts.flatMap(([, last]) => last ?? [])) }, evaluation };
}

/** The first blocks of a text, and the last `count`. `flag` is what asked for these. */
function splitEnd(
  blocks: TokenBlocks,
  count: number,
  name: string,
  flag: string,
): [TokenBlocks, TokenBlocks | undefined] {
  const [available] = blocks.shape;
  if (count === 0) return [blocks, undefined];
  if (available <= count) {
    const message = `${name} has ${formatItems(available, 'block')}, and ${flag} would hold out ${count} of them. Give more text, or hold out fewer.`;
    throw new SettingsError(message, ['held-out']);
  }
  const trained = available - count;
  return [
    blockRange(blocks, 0, trained, `first ${trained} of`),
    blockRange(blocks, trained, count, `last ${count} of`),
  ];
}

/** Blocks of several texts, one text after another; undefined if there are none. */
function joined(parts: readonly TokenBlocks[]): TokenBlocks | undefined {
  if (parts.length < 2) return parts[0];
  const all = parts.flatMap(({ shape }, part) =>
    Array.from({ length: shape[0] }, (_, row) => [part, row] as const),
  );
  return gatherBlocks(parts, all, parts.map(({ description }) => description).join(', then '));
}
