import { freemem } from 'node:os';
import type { DecoderConfig } from '@grasp/decoder';
import { containerMemory } from './container-memory.js';
import type { Engine } from './engine/open-engine.js';
import { type Forecast, forecast } from './forecast.js';
import { parseSettings } from './settings/parse.js';
import type { PruneSettings, SettingsInput } from './settings/schema.js';
import type { TextSizes } from './text-sizes.js';

/** Whose memory a run takes most of: the process's, or that of its GPU. */
export type MemoryOwner = 'process' | 'gpu';

/** A run would need more memory than there is. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  readonly code = 'GRASP_ENGINE_MEMORY';
  constructor(
    readonly neededBytes: number,
    readonly usableBytes: number,
    /** Options that would make it fit. */
    readonly remedies: readonly string[],
    /** Whose memory. */
    readonly of: MemoryOwner = 'process',
  ) {
    super(
      `The run would need about ${gibibytes(neededBytes)} of ${of === 'gpu' ? "the GPU's memory" : 'memory'} ` +
        `and may use ${gibibytes(usableBytes)}. ` +
        (remedies.length > 0
          ? `It would fit with ${remedies.join(', or ')}.`
          : 'No option makes it fit: use a larger machine, or a smaller model.'),
    );
  }
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Bytes that this process may come to hold: what it has, and what is free on the machine and in its container. */
export function usableMemory(): number {
  // Not process.availableMemory(): in a container it counts cached files as taken, and a model just read is one.
  return process.memoryUsage.rss() + Math.min(freemem(), containerMemory());
}

/** Shortest blocks worth learning from. */
const SHORTEST = 128;

/**
 * Options each of which brings a run down to `usable` bytes; together where no single one does; none where even that
 * is too little.
 */
export function memoryRemedies(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  { usable, bfloat16, of = 'process' }: Bound & { readonly bfloat16: boolean },
): string[] {
  const run: Run = { settings, texts };
  const fits = (remedies: readonly Remedy[]): boolean => {
    const changed = remedies.reduce((so, { apply }) => apply(so), run);
    return bytesOf(forecast(config, changed.settings, changed.texts), of) <= usable;
  };
  const kinds = remediesFor(run, bfloat16);
  // Of each kind the mildest that does.
  const single = kinds.flatMap((kind) => kind.find((remedy) => fits([remedy]))?.name ?? []);
  if (single.length > 0) return single;
  const strongest = kinds.flatMap((kind) => kind.at(-1) ?? []);
  return fits(strongest) ? [strongest.map(({ name }) => name).join(' and ')] : [];
}

/** Memory that a run may come to hold. */
interface Bound {
  readonly usable: number;
  /** Whose it is. Default: the process's. */
  readonly of?: MemoryOwner;
}

const bytesOf = ({ peakBytes, gpuBytes }: Forecast, of: MemoryOwner): number =>
  of === 'gpu' ? gpuBytes : peakBytes;

interface Run {
  readonly settings: PruneSettings;
  readonly texts: TextSizes;
}

/** An option, and the run with it. */
interface Remedy {
  readonly name: string;
  apply(run: Run): Run;
}

/** Whole halves of a number, down to `least`. */
function halves(from: number, least: number): number[] {
  const half = Math.floor(from / 2);
  return half < least ? [] : [half, ...halves(half, least)];
}

/** By kind, mildest first. */
function remediesFor({ settings, texts }: Run, bfloat16: boolean): readonly (readonly Remedy[])[] {
  const setting = (name: string, change: SettingsInput): Remedy => ({
    name,
    apply: (run) => ({ ...run, settings: parseSettings(run.settings, change) }),
  });
  const { refit, distil, text, engine } = settings;
  const { batch, length } = text;
  return [
    bfloat16 && engine.dtype === 'float32'
      ? [setting('--dtype bfloat16', { engine: { dtype: 'bfloat16' } })]
      : [],
    halves(batch, 1).map((less) => setting(`--batch ${less}`, { text: { batch: less } })),
    halves(length, SHORTEST).map((less) => setting(`--length ${less}`, { text: { length: less } })),
    (refit.mode === 'none' ? [] : halves(Math.min(refit.blocks, texts.gates), 1)).map((less) =>
      setting(`--refit-blocks ${less}`, { refit: { blocks: less } }),
    ),
    distil.weight > 0 ? [setting('--distil-weight 0', { distil: { weight: 0 } })] : [],
    texts.window === undefined
      ? []
      : [
          {
            name: 'no --eval',
            apply: ({ settings, texts: { window: _, ...texts } }) => ({ settings, texts }),
          },
        ],
  ];
}

/**
 * What a run needs by its forecast, and what it may use: of this process's memory, or of its GPU's where that
 * computes; undefined where layers lie on workers.
 */
export function memoryOf(
  run: Forecast,
  { elsewhere }: Engine,
): { readonly needed: number; readonly usable: number; readonly of: MemoryOwner } | undefined {
  if (elsewhere === 'workers') return undefined;
  if (elsewhere) return { needed: bytesOf(run, 'gpu'), usable: elsewhere.gpuBytes, of: 'gpu' };
  return { needed: bytesOf(run, 'process'), usable: usableMemory(), of: 'process' };
}

/**
 * Refuses a run that would not fit into memory, the GPU's where one computes. One whose layers lie on workers is let
 * through.
 *
 * @param most bytes it may come to hold; default: what there is
 * @throws MemoryError naming options that would make it fit
 */
export function assertFitsMemory(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  engine: Engine,
  most?: number,
): void {
  const memory = memoryOf(forecast(config, settings, texts), engine);
  if (!memory) return;
  const { needed, usable, of } = { ...memory, usable: most ?? memory.usable };
  if (needed <= usable) return;
  const bfloat16 = engine.runtime.bfloat16 !== undefined;
  throw new MemoryError(
    needed,
    usable,
    memoryRemedies(config, settings, texts, { usable, bfloat16, of }),
    of,
  );
}
