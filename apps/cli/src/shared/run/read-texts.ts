import { type EvaluationText, SettingsError, type TextSizes } from '@grasp/prune';
import type { OpenModel } from '../model.js';
import type { Terminal } from '../terminal.js';
import {
  calibrationBlocks,
  checkLossOn,
  perplexityWindows,
  showFewerHeldOut,
  showTextWarnings,
  textNames,
  textSource,
  warnOfMeasuredText,
} from '../texts.js';
import type { RunOptions } from './options.js';

/** Reads and tokenizes all texts of a run. Tells which conversations were cut. */
export async function readTexts(options: RunOptions, model: OpenModel, terminal: Terminal) {
  const { config, checkpoint } = model;
  // A file that is copied with the weights and cannot be read would stop the write, after all the work.
  for (const file of checkpoint.files) await file.read();
  const from = { column: options.textColumn, signal: terminal.signal };
  const { length, blocks, lossOn } = options.settings.text;
  const { contextLength } = config;
  if (length > contextLength) {
    const message = `text.length ${length} is longer than the model's context of ${contextLength} tokens. Use text.length ${contextLength} or less.`;
    throw new SettingsError(message, ['text.length']);
  }
  const blocksOf = (texts: readonly string[]) => {
    const sources = texts.map((text) => textSource(text, 'train', from));
    const mixed = options.mix?.map((text) => textSource(text, 'train', from));
    return calibrationBlocks(sources, model, { length, blocks, lossOn, mixed });
  };
  const gateBlocks = await blocksOf(options.calib);
  const scaleBlocks = options.scaleCalib ? await blocksOf(options.scaleCalib) : gateBlocks;
  checkLossOn(lossOn, [gateBlocks, scaleBlocks]);
  showTextWarnings([gateBlocks, scaleBlocks], terminal);
  showFewerHeldOut(options.settings, scaleBlocks, terminal);
  const { calib, scaleCalib = [], mix = [], heal } = options;
  warnOfMeasuredText([...calib, ...scaleCalib, ...mix, ...(heal.text ?? [])], options.eval, terminal);
  const limits = { window: options.window, most: options.evalWindows };
  const evaluation: EvaluationText[] = [];
  const names = textNames(options.eval);
  for (const [index, text] of options.eval.entries()) {
    const windows = await perplexityWindows(textSource(text, 'evaluation', from), model, limits);
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
