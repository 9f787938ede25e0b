import { attentionMatrices, type DecoderConfig, feedForwardMatrices, parameterCounts } from '@grasp/decoder';
import { predictedBlocks } from './predictions.js';
import type { PruneSettings } from './settings/schema.js';
import type { TextSizes } from './text-sizes.js';

/** What a run will take, from the model's shape. */
export interface Forecast {
  /** Steps that choose what to keep: of learning gates, or of ranking by importance. */
  readonly gateSteps: number;
  readonly scaleSteps: number;
  /** Floating-point operations of one step, a multiplication and an addition counted as two. */
  readonly flopsPerGateStep: number;
  readonly flopsPerScaleStep: number;
  /** Of the whole refit; 0 without one. */
  readonly refitFlops: number;
  /** Of its least squares, in float64. */
  readonly solveFlops: number;
  /** Factors of corrections that a scale step updates. */
  readonly factors: number;
  /** Of the dense model's predictions for the text of the scales; 0 where nothing is distilled. */
  readonly predictionFlops: number;
  /** Numbers that a step computes on the way forward and needs again on the way back. */
  readonly activationsPerGateStep: number;
  readonly activationsPerScaleStep: number;
  /** Most memory of the process at once, whatever the stage. */
  readonly peakBytes: number;
  /** Most memory of a GPU at once, where one computes: tensors alone, in larger pieces. */
  readonly gpuBytes: number;
}

type DType = PruneSettings['engine']['dtype'];

/**
 * What a step does beside matrix products (norms, softmax, SiLU, copies, starting operations) goes with its
 * activations: for each of them as long as so many operations of a product take. Measured on SmolLM2-135M on two
 * cores of AMD Zen 4, whose products run twice as fast in bfloat16 while the rest stays in float32.
 */
const OPERATIONS_PER_ACTIVATION: Record<DType, number> = { float32: 1400, bfloat16: 2600 };

/** An operation of least squares, in float64, takes as long as so many of a product; as above. */
const OPERATIONS_PER_SOLVE: Record<DType, number> = { float32: 8, bfloat16: 16 };

/** Seconds that a step of AdamW takes for a factor; as above. */
const SECONDS_PER_FACTOR = 60e-9;

/** Memory of the process itself, libraries loaded. */
const BASE_BYTES = 600e6;

/**
 * Operations of one forward and backward pass for `T` tokens in a row, `N` in all, when a share `keep` of the units
 * is kept. A channel costs three products of `2d` operations forward and three backward; a pruned one, where gates
 * are learned, needs only those that its own gradient needs: `gate` and `up` forward, `down` backward. A pruned
 * group needs `v` forward and the sum of its heads' `o` backward. The head costs its logits and their way back.
 */
function passFlops(config: DecoderConfig, N: number, T: number, keep: number, pruned: boolean): number {
  const { hiddenSize: d, headSize: h, headsPerGroup: G, vocabSize: V } = config;
  const channel = 2 * d * (6 * keep + (pruned ? 3 * (1 - keep) : 0));
  const attention = 3.5 * 2 * G * h * T;
  const keptGroup = 2 * 2 * (2 * G + 2) * h * d + attention;
  const group = keptGroup * keep + (pruned ? 2 * 2 * h * d * (1 - keep) : 0);
  const layers = config.layers.reduce(
    (sum, { channels, groups }) => sum + channels * channel + groups * group,
    0,
  );
  return N * (layers + 2 * 2 * V * d);
}

/**
 * Operations of a refit on `N` tokens: each goes through all units as they are in the pruned stream, and in the dense one
 * where part of the gap between them is to be recovered; then products of the kept inputs of each output matrix with
 * themselves, with its outputs, and with the matrix that replaces it.
 */
function refitOperations(config: DecoderConfig, N: number, keep: number, recover: number): number {
  const { hiddenSize: d, headSize: h, headsPerGroup: G, layers } = config;
  const passes = 2 * (recover > 0 ? 2 : 1) * parameterCounts(config).prunable;
  const sums = (inputs: number) => 2 * ((keep * inputs) ** 2 + 2 * keep * inputs * d);
  return (
    N * layers.reduce((total, { channels, groups }) => total + sums(channels) + sums(groups * G * h), passes)
  );
}

/** Operations of a refit's least squares: for each output matrix a Cholesky factor, and with it its rows. */
function solveOperations(config: DecoderConfig, keep: number): number {
  const { hiddenSize: d, headSize: h, headsPerGroup: G, layers } = config;
  const solve = (inputs: number) => (keep * inputs) ** 3 / 3 + 2 * (keep * inputs) ** 2 * d;
  return layers.reduce((total, { channels, groups }) => total + solve(channels) + solve(groups * G * h), 0);
}

/**
 * Operations of the dense model's predictions: logits and the rows they stand for, and a forward pass for what no refit
 * has it read.
 */
function predictionOperations(config: DecoderConfig, settings: PruneSettings, texts: TextSizes): number {
  const { hiddenSize: d, headSize: h, headsPerGroup: G, vocabSize: V, layers } = config;
  const { length } = settings.text;
  const { total, byRefit } = predictedBlocks(settings, texts);
  const attention = layers.reduce((sum, { groups }) => sum + 2 * groups * G * h * length, 0);
  const forward = 2 * parameterCounts(config).prunable + attention;
  return length * (total * 2 * 2 * V * d + (total - byRefit) * forward);
}

/** Inputs and outputs of all matrices that have corrections, those of kept units alone. */
function correctedWidths(config: DecoderConfig, keep: number): { inputs: number; outputs: number } {
  const sizes = config.layers.flatMap(({ channels, groups }) => [
    ...attentionMatrices(config, keep * groups),
    ...feedForwardMatrices(config.hiddenSize, keep * channels),
  ]);
  const sum = (side: 0 | 1) => sizes.reduce((total, size) => total + size[side], 0);
  return { inputs: sum(0), outputs: sum(1) };
}

/** Operations of corrections of rank `r` on `N` tokens, forward and backward, and of their factors' gradients. */
function correctionFlops(config: DecoderConfig, N: number, keep: number, r: number): number {
  const { inputs, outputs } = correctedWidths(config, keep);
  return N * 2 * r * (4 * inputs + 3 * outputs);
}

/** Factors of corrections of rank `r`. */
function factorCount(config: DecoderConfig, keep: number, r: number): number {
  const { inputs, outputs } = correctedWidths(config, keep);
  return r * (inputs + outputs);
}

/**
 * Bytes of a factor, float32: its first value, value, score, two moments, and gradient, here and on the device; the state
 * as it is saved; and three times as many of earlier steps that are not collected yet.
 */
const BYTES_PER_FACTOR = 24 * 4;

/** Bytes of all weights. */
function weightBytes(config: DecoderConfig, bytesPerWeight: number): number {
  const { prunable } = parameterCounts(config);
  return bytesPerWeight * (prunable + config.vocabSize * config.hiddenSize * (config.tiedHead ? 1 : 2));
}

/** What a pass of `N` tokens saves, by how it is held: FFN activations in the weights' dtype, the rest in float32. */
function activations(config: DecoderConfig, N: number, keep: number, pruned: boolean) {
  const { hiddenSize: d, headSize: h, headsPerGroup: G } = config;
  const removed = pruned ? 1 - keep : 0;
  const sum = (of: (layer: DecoderConfig['layers'][number]) => number) =>
    N * config.layers.reduce((total, layer) => total + of(layer), 0);
  return {
    // Of a kept channel gate and up, of a removed one their product.
    ffn: sum(({ channels }) => channels * (2 * keep + removed)),
    // The inputs of both sublayers; of a kept group queries, what they read, key and value; of a removed one its value.
    rest: sum(({ groups }) => 2 * d + groups * h * ((2 * G + 2) * keep + removed)),
  };
}

/** Attention scores or logits that a GPU is given at once. */
export const GPU_PIECE_ENTRIES = 2 ** 25;

/** The same of logits on a processor, as the decoder has it; its scores are few enough not to count. */
const PIECE_ENTRIES = 2 ** 21;

/** Bytes of one piece of logits or scores, and of what is computed from it. */
const pieceBytes = (N: number, entries: number) => 3 * 4 * Math.max(entries, 64 * N);

/** Bytes that a layer's pass takes while it runs: so many tensors of its widest, float32. */
function layerBytes({ hiddenSize, layers }: DecoderConfig, N: number): number {
  return 8 * 4 * N * Math.max(hiddenSize, ...layers.map(({ channels }) => channels));
}

/** Bytes of a step for `N` tokens: what a forward pass saves for the way back, a layer at work, and logits. */
function stepBytes(config: DecoderConfig, N: number, keep: number, dtype: DType, entries: number): number {
  const { ffn, rest } = activations(config, N, keep, true);
  return (dtype === 'bfloat16' ? 2 : 4) * ffn + 4 * rest + layerBytes(config, N) + pieceBytes(N, entries);
}

/** Tokens that a refit sees. */
const refitTokens = ({ refit, text }: PruneSettings, texts: TextSizes) =>
  Math.min(refit.blocks, texts.gates) * text.length;

/**
 * Bytes of a refit: all text as it reaches a sublayer and its output matrix; products of inputs with one another and with
 * outputs, three times in float32, as they are added up and read; then in float64 the equations, here and where they are
 * solved, and their solution.
 */
function refitBytes(config: DecoderConfig, N: number, keep: number, dtype: DType): number {
  const { hiddenSize: d, headSize: h, headsPerGroup: G } = config;
  const widest = Math.max(0, ...config.layers.flatMap(({ channels, groups }) => [channels, groups * G * h]));
  const n = keep * widest;
  const inputs = (dtype === 'bfloat16' ? 2 : 4) * N * n;
  return 2 * 4 * N * d + inputs + (3 * 4 + 4 * 8) * n ** 2 + (3 * 4 + 5 * 8) * n * d;
}

/** The most of the stages: learning in its dtype, perplexity always in float32. */
function tensorBytes(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  { keep, entries }: { readonly keep: number; readonly entries: number },
): number {
  const { refit, lora, text, engine } = settings;
  const { batch, length } = text;
  const { dtype } = engine;
  const step = stepBytes(config, batch * length, keep, dtype, entries);
  const tuning = step + BYTES_PER_FACTOR * factorCount(config, keep, lora.rank);
  const predictions = 2 * predictedBlocks(settings, texts).total * length * config.hiddenSize;
  const refitting = refit.mode === 'none' ? 0 : refitBytes(config, refitTokens(settings, texts), keep, dtype);
  const weights = weightBytes(config, dtype === 'bfloat16' ? 2 : 4);
  // What a refit held is free again when tuning begins, but in pieces, which a process keeps.
  const learning = weights + Math.max(step, predictions + refitting + tuning);
  const evaluating = texts.window
    ? weightBytes(config, 4) + layerBytes(config, texts.window) + pieceBytes(texts.window, entries)
    : 0;
  return Math.max(learning, evaluating);
}

/**
 * Forecasts a run from shapes and settings alone.
 *
 * @param keep share of the units that steps compute in full; without a keep ratio in the settings all of them.
 */
export function forecast(
  config: DecoderConfig,
  settings: PruneSettings,
  texts: TextSizes,
  keep = settings.budget.keep ?? 1,
): Forecast {
  const { choice, gates, importance, refit, scales, text } = settings;
  const { batch, length } = text;
  const { rank } = settings.lora;
  const byGates = choice === 'gates';
  const chosenFrom = byGates ? batch * length : length; // tokens of a step
  const N = batch * length;
  const total = ({ ffn, rest }: ReturnType<typeof activations>) => ffn + rest;
  const tensors = (entries: number) => tensorBytes(config, settings, texts, { keep, entries });
  return {
    gateSteps: byGates
      ? Math.ceil(texts.gates / batch) * gates.epochs
      : importance.rounds * importance.blocksPerRound,
    scaleSteps: Math.ceil(texts.scales / batch) * scales.epochs,
    flopsPerGateStep: passFlops(config, chosenFrom, length, keep, true),
    flopsPerScaleStep: passFlops(config, N, length, keep, false) + correctionFlops(config, N, keep, rank),
    refitFlops:
      refit.mode === 'none'
        ? 0
        : refitOperations(config, refitTokens(settings, texts), keep, refit.compensation),
    solveFlops: refit.mode === 'none' ? 0 : solveOperations(config, keep),
    factors: factorCount(config, keep, rank),
    predictionFlops: predictionOperations(config, settings, texts),
    activationsPerGateStep: total(activations(config, chosenFrom, keep, true)),
    activationsPerScaleStep:
      total(activations(config, N, keep, false)) + (rank > 0 ? N * correctedWidths(config, keep).outputs : 0),
    peakBytes: BASE_BYTES + tensors(PIECE_ENTRIES),
    gpuBytes: tensors(GPU_PIECE_ENTRIES),
  };
}

/** Seconds that learning in a dtype will take at its rate of `matMulRate`. */
export function forecastSeconds(run: Forecast, flopsPerSecond: number, dtype: DType): number {
  const rest = OPERATIONS_PER_ACTIVATION[dtype];
  const gates = run.flopsPerGateStep + rest * run.activationsPerGateStep;
  const scales = run.flopsPerScaleStep + rest * run.activationsPerScaleStep;
  const once = run.refitFlops + run.predictionFlops;
  const solves = OPERATIONS_PER_SOLVE[dtype] * run.solveFlops;
  const operations = run.gateSteps * gates + once + solves + run.scaleSteps * scales;
  return operations / flopsPerSecond + run.scaleSteps * run.factors * SECONDS_PER_FACTOR;
}
