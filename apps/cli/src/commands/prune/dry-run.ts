import type { TokenBlocks } from '@grasp/calib-data';
import { decoderLayout } from '@grasp/decoder';
import {
  describeModel,
  type Engine,
  forecast,
  forecastSeconds,
  matMulRate,
  type PruneSettings,
  projectionOf,
  type TextSizes,
  usableMemory,
} from '@grasp/prune';
import { formatBytes, formatCount, formatParameters, formatSeconds, formatShare } from '../../format.js';
import type { OpenModel } from '../../model.js';
import type { Terminal } from '../../terminal.js';

export interface DryRunJob extends OpenModel {
  readonly engine: Engine;
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly sizes: TextSizes;
}

/** Tells what a run would do, take and need, without doing it. */
export async function dryRun(
  { checkpoint, config, engine, settings, gateBlocks, sizes }: DryRunJob,
  { json }: { readonly json?: true },
  terminal: Terminal,
): Promise<void> {
  const model = describeModel(checkpoint);
  const { budget } = projectionOf(decoderLayout(config), settings);
  const run = forecast(config, settings, sizes);
  const seconds = forecastSeconds(run, await matMulRate(engine, config, settings.dtype));
  const kept = model.parameters.prunable * settings.keep;
  const after = model.parameters.total - model.parameters.prunable + kept;
  if (json) {
    const { source, parameters, units } = model;
    const record = {
      model: source,
      parameters,
      units,
      settings,
      budget: budget.limit,
      ...run,
      seconds,
      engine: engine.description,
    };
    return terminal.print(JSON.stringify(record, null, 2));
  }
  const learning = `${formatCount(run.gateSteps)} steps for gates, ${formatCount(run.scaleSteps)} for scales`;
  for (const line of [
    `model     ${model.source}: ${config.layers.length} layers, ${formatParameters(model.parameters.total)} parameters`,
    `units     ${formatCount(model.units.ffn)} FFN channels at 1, ${formatCount(model.units.kv)} KV groups at ${model.units.kvCost.toFixed(1)}`,
    `budget    ${formatCount(budget.limit)}, ${formatShare(settings.keep)} of the prunable ${formatParameters(model.parameters.prunable)}`,
    `result    at most ${formatParameters(after)} parameters, ${formatShare(after / model.parameters.total)} of the whole model`,
    `text      ${gateBlocks.description}`,
    `learning  ${learning}, ${settings.batch} × ${settings.length} tokens each`,
    `engine    ${engine.description}`,
    `time      about ${formatSeconds(seconds)}, and what perplexity takes`,
    `memory    about ${formatBytes(run.peakBytes)} of ${formatBytes(usableMemory())}`,
  ]) {
    terminal.print(line);
  }
}
