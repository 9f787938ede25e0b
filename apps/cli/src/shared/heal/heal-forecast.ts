import {
  type Engine,
  fittingHealSettings,
  type HealConfigs,
  type HealSettings,
  healForecast,
  healMemory,
  MemoryError,
  matMulRates,
} from '@grasp/prune';
import { formatBytes, formatItems, formatSeconds } from '../format.js';
import { type HealingOptions, inPossibleDtype } from './heal-model.js';

/** A healing before it runs. */
export interface HealPlan {
  readonly configs: HealConfigs;
  readonly settings: HealSettings;
}

/**
 * The settings with which a healing would run: with LoRA if training all weights does not fit into memory, as the run
 * decides. If neither fits, the settings stay as they are.
 */
export function likelyHealSettings(
  configs: HealConfigs,
  {
    settings: asked,
    memoryCheck,
    ...may
  }: Pick<HealingOptions, 'settings' | 'mayUseLora' | 'mayUseFloat32' | 'memoryCheck'>,
  engine: Pick<Engine, 'elsewhere' | 'runtime'>,
): HealSettings {
  const settings = inPossibleDtype(asked, may, engine);
  if (!memoryCheck || !may.mayUseLora) return settings;
  try {
    return fittingHealSettings(configs, settings, engine);
  } catch (error) {
    if (error instanceof MemoryError) return settings;
    throw error;
  }
}

/** Steps, tokens, operations, memory and, on a processor, the time of a healing. */
export async function forecastHealing({ configs, settings }: HealPlan, engine: Engine) {
  const { seconds, ...run } = healForecast(configs, settings);
  const memory = healMemory(configs, settings, engine);
  return {
    settings,
    ...run,
    memory,
    // The forecast of time covers processors only.
    seconds:
      memory?.of === 'process'
        ? seconds(await matMulRates(engine, configs.pruned, settings.dtype))
        : undefined,
  };
}

/** The forecast as a line. */
export function healingLine({
  settings: { train, rank },
  steps,
  tokens,
  seconds,
  memory,
}: Awaited<ReturnType<typeof forecastHealing>>): string {
  const time = seconds === undefined ? '' : `, about ${formatSeconds(seconds)}`;
  const bytes = memory
    ? `, about ${formatBytes(memory.needed)} of ${formatBytes(memory.usable)}${memory.of === 'gpu' ? ' on the GPU' : ''}`
    : '';
  const trained = train === 'lora' ? `, LoRA of rank ${rank}` : '';
  return `healing   ${formatItems(steps, 'step')}, ${formatItems(tokens, 'token')}${trained}${time}${bytes}`;
}
