import { CheckpointFormatError } from '../../errors.js';
import type { GgufArchitecture } from '../architectures/architecture.js';
import type { GgufMetadata } from '../header/metadata.js';
import { MODEL, modelKey } from '../keys.js';

/** Whether a layer has a window if the metadata list none: all but every `period`-th. */
export const hasWindow = (layer: number, { period }: { readonly period: number }): boolean =>
  period === 0 || layer % period < period - 1;

/**
 * The window of a file's layers, and the fields of config.json that say so.
 *
 * @throws CheckpointFormatError for a window or a period that is not a count
 */
export function windowFields(
  metadata: GgufMetadata,
  { name, windows }: Pick<GgufArchitecture, 'name' | 'windows'>,
  layers: number,
): { readonly window: number | undefined; readonly fields: Record<string, unknown> } {
  if (!windows) return { window: undefined, fields: {} };
  const { absent = 0, onlyWithLayers = layers } = windows;
  const stated = metadata.number(modelKey(name, MODEL.window)) ?? absent;
  const pattern = metadata.flagsOrNumber(modelKey(name, MODEL.windowPattern), layers) ?? windows.period;
  for (const [key, count] of [
    [MODEL.window, stated],
    [MODEL.windowPattern, pattern],
  ] as const) {
    if (typeof count !== 'number' || (Number.isSafeInteger(count) && count >= 0)) continue;
    throw new CheckpointFormatError(metadata.file, `its metadata ${modelKey(name, key)} is ${count}`);
  }
  const window = stated > 0 && layers === onlyWithLayers ? stated : undefined;
  const slides = (layer: number) =>
    typeof pattern === 'number' ? hasWindow(layer, { period: pattern }) : pattern[layer]!;
  return {
    window,
    fields: {
      sliding_window: window ?? null,
      layer_types: Array.from({ length: layers }, (_, layer) =>
        window !== undefined && slides(layer) ? 'sliding_attention' : 'full_attention',
      ),
    },
  };
}
