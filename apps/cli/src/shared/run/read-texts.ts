import { type EvaluationText, SettingsError, type TextSizes } from '@grasp/prune';
import type { OpenModel } from '../model.js';
import { calibrationBlocks, perplexityWindows, textNames, textSource } from '../texts.js';
import type { RunOptions } from './options.js';

/** Reads and tokenizes all texts of a run. */
export async function readTexts(options: RunOptions, { tokenizer, config, checkpoint }: OpenModel) {
  // A file that is copied with the weights and cannot be read would stop the write, after all the work.
  for (const file of checkpoint.files) await file.read();
  const { textColumn } = options;
  const { length, blocks } = options.settings.text;
  const { contextLength } = config;
  if (length > contextLength) {
    const message = `text.length ${length} is longer than the model's context of ${contextLength} tokens. Use text.length ${contextLength} or less.`;
    throw new SettingsError(message, ['text.length']);
  }
  const blocksOf = (texts: readonly string[]) => {
    const sources = texts.map((text) => textSource(text, 'train', textColumn));
    const mixed = options.mix?.map((text) => textSource(text, 'train', textColumn));
    return calibrationBlocks(sources, tokenizer, config, { length, blocks, mixed });
  };
  const gateBlocks = await blocksOf(options.calib);
  const scaleBlocks = options.scaleCalib ? await blocksOf(options.scaleCalib) : gateBlocks;
  const limits = { window: options.window, most: options.evalWindows };
  const evaluation: EvaluationText[] = [];
  const names = textNames(options.eval);
  for (const [index, text] of options.eval.entries()) {
    const windows = await perplexityWindows(
      textSource(text, 'evaluation', textColumn),
      tokenizer,
      config,
      limits,
    );
    evaluation.push({ name: names[index]!, windows });
  }
  const sizes: TextSizes = {
    gates: gateBlocks.shape[0],
    scales: scaleBlocks.shape[0],
    apart: scaleBlocks !== gateBlocks,
    ...(evaluation[0] ? { window: evaluation[0].windows.shape[1] } : {}),
  };
  return { gateBlocks, scaleBlocks, evaluation, sizes };
}
