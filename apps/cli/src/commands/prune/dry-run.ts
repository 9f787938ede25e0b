import { denseCost, maskCost } from '@grasp/budget';
import type { TokenBlocks } from '@grasp/calib-data';
import { type DecoderConfig, describeModel } from '@grasp/decoder';
import {
  type Engine,
  forecast,
  forecastSeconds,
  type HealConfigs,
  type HealSettings,
  healForecast,
  healMemory,
  matMulRate,
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
import type { OpenModel } from '../../shared/model.js';
import type { Terminal } from '../../shared/terminal.js';

export interface DryRunJob extends OpenModel {
  readonly engine: Engine;
  readonly settings: PruneSettings;
  readonly gateBlocks: TokenBlocks;
  readonly sizes: TextSizes;
  /** The healing after it. */
  readonly heal?: { readonly configs: HealConfigs; readonly settings: HealSettings } | undefined;
}

/** Prints what a run would do, and its time and memory, without running it. */
export async function dryRun(
  { checkpoint, config, engine, settings, gateBlocks, sizes, heal }: DryRunJob,
  { json }: { readonly json?: true },
  terminal: Terminal,
): Promise<void> {
  const model = describeModel(checkpoint);
  const { layout, budgets, project } = projectionOf(checkpoint, settings);
  // The kept share hardly depends on which units are kept, so any scores will do.
  const share = maskCost(layout, project(new Float32Array(layout.size))) / layout.totalCost;
  const asked = budgets.map((budget) => {
    const { setting, name, limit } = budget;
    return { setting, name, limit, total: denseCost(layout, budget) };
  });
  const run = forecast(config, settings, sizes, share);
  const held = memoryOf(run, engine);
  // The forecast of time covers processors only.
  const seconds =
    held?.of === 'process'
      ? forecastSeconds(run, await matMulRate(engine, config, settings.engine.dtype), settings.engine.dtype)
      : undefined;
  const healing = heal && (await healingForecast(heal, engine, config));
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
  const chosen = settings.choice === 'gates' ? 'for gates' : 'to rank units';
  const refit = settings.refit.mode === 'sequential' ? 'a refit, ' : '';
  const learning = `${formatItems(run.gateSteps, 'step')} ${chosen}, ${refit}${formatCount(run.scaleSteps)} for scales`;
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
    `learning  ${learning}, ${settings.text.batch} × ${settings.text.length} tokens each`,
    `engine    ${engine.description}`,
    ...(seconds === undefined ? [] : [`time      about ${formatSeconds(seconds)}, without perplexity`]),
    `memory    ${memory}`,
    ...(healing ? healingLines(healing) : []),
  ]) {
    terminal.print(line);
  }
}

/** What is forecast of a healing. */
async function healingForecast(
  { configs, settings }: NonNullable<DryRunJob['heal']>,
  engine: Engine,
  config: DecoderConfig,
) {
  const { seconds, ...run } = healForecast(configs, settings);
  const memory = healMemory(configs, settings, engine);
  const { dtype } = settings;
  return {
    settings,
    ...run,
    memory,
    seconds: memory?.of === 'process' ? seconds(await matMulRate(engine, config, dtype)) : undefined,
  };
}

function healingLines({ steps, tokens, seconds, memory }: Awaited<ReturnType<typeof healingForecast>>) {
  const time = seconds === undefined ? '' : `, about ${formatSeconds(seconds)}`;
  const bytes = memory
    ? `, about ${formatBytes(memory.needed)} of ${formatBytes(memory.usable)}${memory.of === 'gpu' ? ' on the GPU' : ''}`
    : '';
  return [`healing   ${formatCount(steps)} steps, ${formatCount(tokens)} tokens${time}${bytes}`];
}
