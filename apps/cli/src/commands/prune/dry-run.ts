import { denseCost, maskCost } from '@grasp/budget';
import type { TokenBlocks } from '@grasp/calib-data';
import { describeModel } from '@grasp/decoder';
import {
  type Engine,
  type Forecast,
  forecast,
  forecastSeconds,
  type GivenChoice,
  matMulRates,
  memoryOf,
  type PruneSettings,
  projectionOf,
  type TextSizes,
} from '@grasp/prune';
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatItems,
  formatParameters,
  formatSeconds,
  formatShare,
} from '../../shared/format.js';
import { forecastHealing, type HealPlan, healingLine } from '../../shared/heal/heal-forecast.js';
import type { OpenModel } from '../../shared/model.js';
import type { Terminal } from '../../shared/terminal.js';

export interface DryRunJob extends OpenModel, GivenChoice {
  readonly engine: Engine;
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly sizes: TextSizes;
  /** The healing after it. */
  readonly heal?: HealPlan | undefined;
}

/** Prints what a run would do, and its time and memory, without running it. */
export async function dryRun(
  { checkpoint, config, engine, settings, gateBlocks, sizes, heal, scores, mask }: DryRunJob,
  { json }: { readonly json?: true },
  terminal: Terminal,
): Promise<void> {
  const model = describeModel(checkpoint);
  const { layout, budgets, project } = projectionOf(checkpoint, settings);
  // The share that a budget keeps hardly depends on which units are kept, so any scores will do.
  const likely = mask ?? project(scores ?? new Float32Array(layout.size));
  const share = maskCost(layout, likely) / layout.totalCost;
  const asked = budgets.map((budget) => {
    const { setting, name, limit } = budget;
    return { setting, name, limit, total: denseCost(layout, budget) };
  });
  const run = forecast(config, settings, sizes, share);
  const held = memoryOf(run, engine);
  // The forecast of time covers processors only.
  const seconds =
    held?.of === 'process'
      ? forecastSeconds(run, await matMulRates(engine, config, settings.engine.dtype))
      : undefined;
  const healing = heal && (await forecastHealing(heal, engine));
  const { prunable, total } = model.parameters;
  const after = total - prunable + share * prunable;
  if (json) {
    const { source, parameters, units } = model;
    const record = {
      model: source,
      parameters,
      units,
      settings,
      budgets: asked,
      ...run,
      seconds,
      engine: engine.description,
      ...(healing ? { heal: healing } : {}),
    };
    return terminal.print(JSON.stringify(record, null, 2));
  }
  const memory = held
    ? `about ${formatBytes(held.needed)} of ${formatBytes(held.usable)}${held.of === 'gpu' ? ' on the GPU' : ''}`
    : `about ${formatBytes(run.peakBytes)}, mostly on the workers`;
  for (const line of [
    `model     ${model.source}: ${formatItems(config.layers.length, 'layer')}, ${formatParameters(total)} parameters`,
    `units     ${formatCount(model.units.ffn)} FFN channels at 1, ${formatCount(model.units.kv)} KV groups at ${model.units.kvCost.toFixed(1)}`,
    ...asked.map(
      ({ name, limit, total }) =>
        `budget    ${formatAmount(limit)} of ${formatAmount(total)} ${name} (${formatShare(limit / total)})`,
    ),
    `result    about ${formatParameters(after)} parameters, ${formatShare(after / total)} of the whole model; ` +
      `${formatShare(share)} of the prunable ${formatParameters(prunable)}`,
    `text      ${gateBlocks.description}`,
    `learning  ${learningOf(settings, run)}, ${Math.min(settings.text.batch, gateBlocks.shape[0])} × ${settings.text.length} tokens each`,
    `engine    ${engine.description}`,
    ...(seconds === undefined ? [] : [`time      about ${formatSeconds(seconds)}, without perplexity`]),
    `memory    ${memory}`,
    ...(healing ? [healingLine(healing)] : []),
  ]) {
    terminal.print(line);
  }
}

/** The steps of a run. How long a method of the caller's takes is not known. */
function learningOf({ choice, refit }: PruneSettings, { gateSteps, scaleSteps }: Forecast): string {
  const refitted = refit.mode === 'sequential' ? 'a refit, ' : '';
  if (choice === 'given') return `units as given, ${refitted}${formatItems(scaleSteps, 'step')} for scales`;
  if (gateSteps === 0) return `units by ${choice}, ${refitted}${formatItems(scaleSteps, 'step')} for scales`;
  const chosen = `${formatItems(gateSteps, 'step')} ${choice === 'gates' ? 'for gates' : 'to rank units'}`;
  return `${chosen}, ${refitted}${formatCount(scaleSteps)} for scales`;
}
