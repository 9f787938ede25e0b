import { freemem } from 'node:os';
import type { DecoderConfig } from '@grasp/decoder';
import type { Engine } from '../engine/open-engine.js';
import type { PruneSettings } from '../settings/schema.js';
import { containerMemory } from './container-memory.js';
import { type Forecast, forecast } from './forecast.js';
import { MemoryError, type MemoryOwner } from './memory-error.js';
import { bytesNeeded, memoryRemedies } from './memory-remedies.js';
import type { TextSizes } from './text-sizes.js';

/** Bytes that this process can hold: its own memory, plus the memory that is free on the machine and in its container. */
export function usableMemory(): number {
  // process.availableMemory() counts cached files as used in a container, and a model just read is one.
  return process.memoryUsage.rss() + Math.min(freemem(), containerMemory());
}

/**
 * The memory that limits a run, the bytes that the run needs by its forecast, and the bytes that it can use. The GPU's
 * memory limits a run that a GPU computes. Undefined if the layers are on workers, whose memory is not known.
 */
export function memoryOf(
  run: Forecast,
  { elsewhere }: Engine,
): { readonly needed: number; readonly usable: number; readonly of: MemoryOwner } | undefined {
  if (elsewhere === 'workers') return undefined;
  if (elsewhere) return { needed: bytesNeeded(run, 'gpu'), usable: elsewhere.gpuBytes, of: 'gpu' };
  return { needed: bytesNeeded(run, 'process'), usable: usableMemory(), of: 'process' };
}

/**
 * Checks that a run fits into memory. A run whose layers are on workers always passes.
 *
 * @param limit memory limit in bytes. Default: what is available.
 * @throws MemoryError which names options that make the run fit
 */
export function assertFitsMemory(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  engine: Engine,
  limit?: number,
): void {
  const memory = memoryOf(forecast(config, settings, texts), engine);
  if (!memory) return;
  const { needed, of } = memory;
  const usableBytes = limit ?? memory.usable;
  if (needed <= usableBytes) return;
  const bfloat16 = engine.runtime.bfloat16 !== undefined;
  const remedies = memoryRemedies(config, settings, texts, { usableBytes, of, bfloat16 });
  throw new MemoryError(needed, usableBytes, remedies, of);
}
