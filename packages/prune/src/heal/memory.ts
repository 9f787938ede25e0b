import {
  type DecoderConfig,
  decoderCost,
  decoderSize,
  LOSS_ENTRIES,
  loraSides,
  PIECE_ENTRIES,
} from '@grasp/decoder';
import type { Engine } from '../engine/open-engine.js';
import { usableMemory } from '../forecast/fits-memory.js';
import { MemoryError, type MemoryOwner } from '../forecast/memory-error.js';
import {
  BYTES_PER_LORA_PARAMETER,
  bytesPerElement,
  GPU_PIECE_ENTRIES,
  PROCESS_BYTES,
} from '../forecast/peak-memory.js';
import { savedPerStep } from '../forecast/saved-elements.js';
import type { HealSettings } from './settings.js';

/** Tensors of the loss that are as large as its logits and exist together. */
const LOSS_TENSORS = 5;

/** The two models of a healing, by their configs. */
export interface HealConfigs {
  readonly pruned: DecoderConfig;
  /** Absent if its predictions are known. */
  readonly teacher?: DecoderConfig | undefined;
}

/**
 * Peak memory of a healing, in bytes, without the process itself: both models; the float32 weights and moments of what is
 * trained, or the LoRA factors; and a step, whose gradients take the place of its activations.
 */
export function healBytes({ pruned, teacher }: HealConfigs, settings: HealSettings, gpu = false): number {
  const bytes = bytesPerElement(settings.dtype);
  const matrices = (config: DecoderConfig) => {
    const { sublayers, ends } = decoderSize(config);
    return { sublayers: sublayers.matrices, ends: ends.matrices };
  };
  const own = matrices(pruned);
  const lora = settings.train === 'lora';
  const ends = settings.embedding === 'trained' && !lora ? own.ends : 0;
  const trained = lora ? 0 : own.sublayers + ends;
  const state = trained * (8 + (settings.dtype === 'bfloat16' ? 4 : 0));
  const tokens = settings.rows * settings.length;
  const pieceEntries = gpu ? GPU_PIECE_ENTRIES : PIECE_ENTRIES;
  const pass = { tokens, length: settings.length, pieceEntries };
  const rank = lora ? settings.rank : 0;
  const step = { ...pass, pass: 'step', firstInputGradient: true } as const;
  const cost = decoderCost(pruned, 1, lora ? { ...step, rank, norms: true } : step);
  const { float32, weightDtype } = savedPerStep(cost);
  const activations = 4 * float32 + bytes * weightDtype;
  const logits = Math.min(LOSS_ENTRIES, tokens * pruned.vocabSize);
  const pieces = 4 * LOSS_TENSORS * logits;
  const sides = loraSides(pruned, 1);
  const factors = BYTES_PER_LORA_PARAMETER * rank * (sides.inputs + sides.outputs);
  // The gradient of the head is there before any activation is freed, twice while a piece is added.
  const training = Math.max(activations + 8 * ends, 4 * trained) + 4 * cost.transient.sublayer + pieces;
  const other = settings.teacherShare > 0 && teacher ? matrices(teacher) : undefined;
  const teaching = other ? bytes * (other.sublayers + other.ends) : 0;
  return bytes * (own.sublayers + own.ends) + teaching + state + factors + training;
}

/**
 * The memory that limits a healing, the bytes that it needs by the forecast, and the bytes that it can use. Undefined if the
 * layers are on workers, whose memory is not known.
 */
export function healMemory(
  configs: HealConfigs,
  settings: HealSettings,
  { elsewhere }: Pick<Engine, 'elsewhere'>,
): { readonly needed: number; readonly usable: number; readonly of: MemoryOwner } | undefined {
  if (elsewhere === 'workers') return undefined;
  if (elsewhere) return { needed: healBytes(configs, settings, true), usable: elsewhere.gpuBytes, of: 'gpu' };
  const needed = healBytes(configs, settings) + PROCESS_BYTES;
  return { needed, usable: usableMemory(), of: 'process' };
}

/**
 * Checks that a healing fits into memory. One whose layers are on workers always passes.
 *
 * @param options `limit`: memory limit in bytes, by default what is available; `prefix`: of the flags that a message names.
 * @throws MemoryError which names settings that make it fit
 */
export function assertHealFits(
  configs: HealConfigs,
  settings: HealSettings,
  engine: Pick<Engine, 'elsewhere'>,
  { limit, prefix = '' }: { readonly limit?: number; readonly prefix?: string } = {},
): void {
  const memory = healMemory(configs, settings, engine);
  if (!memory) return;
  const usable = limit ?? memory.usable;
  if (memory.needed <= usable) return;
  const shorter = Math.ceil(settings.length / 2);
  const options: [string[], Partial<HealSettings>][] = [
    [['rows 1'], { rows: 1 }],
    [['train lora'], { train: 'lora' }],
    [['embedding frozen'], { embedding: 'frozen' }],
    [['rows 1', 'embedding frozen'], { rows: 1, embedding: 'frozen' }],
    [['rows 1', 'train lora'], { rows: 1, train: 'lora' }],
    [['rows 1', 'train lora', `length ${shorter}`], { rows: 1, train: 'lora', length: shorter }],
  ];
  const remedies = options
    .filter(([, changed]) => healMemory(configs, { ...settings, ...changed }, engine)!.needed <= usable)
    .map(([flags]) => flags.map((flag) => `--${prefix}${flag}`).join(' '));
  throw new MemoryError(memory.needed, usable, remedies.slice(0, 2), memory.of);
}

/**
 * The settings, with LoRA in place of training all weights if only that fits into memory.
 *
 * @throws MemoryError as `assertHealFits`, if neither fits
 */
export function fittingHealSettings(
  configs: HealConfigs,
  settings: HealSettings,
  engine: Pick<Engine, 'elsewhere'>,
  options: { readonly limit?: number; readonly prefix?: string } = {},
): HealSettings {
  const lora = { ...settings, train: 'lora' as const };
  const fits = (some: HealSettings) => {
    const memory = healMemory(configs, some, engine);
    return !memory || memory.needed <= (options.limit ?? memory.usable);
  };
  if (!fits(settings) && fits(lora)) return lora;
  assertHealFits(configs, settings, engine, options);
  return settings;
}
