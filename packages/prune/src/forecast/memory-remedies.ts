import type { DecoderConfig } from '@grasp/decoder';
import { importancePlan } from '../learning/importance-plan.js';
import { parseSettings } from '../settings/parse.js';
import type { PruneSettings, SettingsInput } from '../settings/schema.js';
import { type Forecast, forecast } from './forecast.js';
import type { MemoryOwner } from './memory-error.js';
import type { TextSizes } from './text-sizes.js';

/** Shortest calibration blocks that are suggested, in tokens. */
const SHORTEST = 128;

/** The memory that a run may use. */
export interface MemoryBound {
  readonly usableBytes: number;
  readonly of: MemoryOwner;
}

/** The part of a forecast that counts for a memory, in bytes. */
export function bytesNeeded({ peakBytes, gpuBytes }: Forecast, of: MemoryOwner): number {
  return of === 'gpu' ? gpuBytes : peakBytes;
}

interface Run {
  readonly settings: PruneSettings;
  readonly texts: TextSizes;
}

/** An option of the command line, and its effect on a run. */
interface Remedy {
  readonly name: string;
  apply(run: Run): Run;
}

/**
 * Options that make a run fit, each on its own. If no single option does, the one answer names all of them together.
 * If that is not enough either, there is none.
 *
 * @param bfloat16 whether the backend has it
 */
export function memoryRemedies(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  { usableBytes, of, bfloat16 }: MemoryBound & { readonly bfloat16: boolean },
): string[] {
  const run: Run = { settings, texts };
  const fits = (remedies: readonly Remedy[]): boolean => {
    const changed = remedies.reduce((before, { apply }) => apply(before), run);
    return bytesNeeded(forecast(config, changed.settings, changed.texts), of) <= usableBytes;
  };
  const kinds = remediesFor(run, bfloat16);
  const single = kinds.flatMap((kind) => kind.find((remedy) => fits([remedy]))?.name ?? []);
  if (single.length > 0) return single;
  const strongest = kinds.flatMap((kind) => kind.at(-1) ?? []);
  return fits(strongest) ? [strongest.map(({ name }) => name).join(' and ')] : [];
}

/** The remedies of each kind, mildest first. */
function remediesFor({ settings, texts }: Run, bfloat16: boolean): readonly (readonly Remedy[])[] {
  const { choice, text, refit, distil, engine } = settings;
  const refitted = refit.mode === 'sequential' ? Math.min(refit.blocks, texts.gates) : 0;
  return [
    bfloat16 && engine.dtype === 'float32'
      ? [withSetting('--dtype bfloat16', { engine: { dtype: 'bfloat16' } })]
      : [],
    halves(text.batch, 1).map((fewer) => withSetting(`--batch ${fewer}`, { text: { batch: fewer } })),
    halves(text.length, SHORTEST).map((fewer) =>
      withSetting(`--length ${fewer}`, { text: { length: fewer } }),
    ),
    halves(refitted, 1).map((fewer) => withSetting(`--refit-blocks ${fewer}`, { refit: { blocks: fewer } })),
    distil.weight > 0 ? [withSetting('--distil-weight 0', { distil: { weight: 0 } })] : [],
    choice === 'importance' && importancePlan(settings).within === 'obs'
      ? [withSetting('--within importance', { importance: { within: 'importance' } })]
      : [],
    texts.window === undefined ? [] : [{ name: 'no --eval', apply: withoutPerplexity }],
  ];
}

function withSetting(name: string, change: SettingsInput): Remedy {
  return { name, apply: (run) => ({ ...run, settings: parseSettings(run.settings, change) }) };
}

function withoutPerplexity({ settings, texts: { window: _, ...texts } }: Run): Run {
  return { settings, texts };
}

/** Half of a number, half of that, and so on, rounded down, as long as they reach `least`. */
function halves(from: number, least: number): number[] {
  const half = Math.floor(from / 2);
  return half < least ? [] : [half, ...halves(half, least)];
}
