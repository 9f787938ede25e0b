import { budgetFromKeepRatio, projectExact, rankWithin } from '@grasp/budget';
import { type Decoder, type DecoderCheckpoint, decoderCheckpoint, loadDecoder } from '@grasp/decoder';
import { valueDensity } from '@grasp/gates';
import { randomCheckpoint, randomTokens } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forward, type Sizes, slope, type Trace, type Weights, weightsOf } from '../../test/float64-llama.js';
import { activationStatistics } from './measures/activation-statistics.js';
import { blockInfluence } from './measures/block-influence.js';
import { unitTaylor } from './measures/unit-taylor.js';
import type { MethodInputs, PruningMethod, ScoringMethod } from './pruning-method.js';
import { rivals } from './rivals.js';

const sizes: Sizes = { layers: 3, heads: 4, kvHeads: 2, headDim: 4, epsilon: 1e-6, theta: 10_000 };
const [D, CHANNELS, VOCABULARY] = [8, 6, 13];
const MATRICES = {
  ffn: ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'],
  kv: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'],
} as const;

let checkpoint: DecoderCheckpoint;
let model: Decoder;
let weights: Weights;
let inputs: MethodInputs;
let traces: Trace[];
let texts: number[][];

beforeAll(async () => {
  await tf.setBackend('wasm');
  checkpoint = decoderCheckpoint(
    randomCheckpoint(
      {
        model_type: 'llama',
        hidden_size: D,
        intermediate_size: CHANNELS,
        num_attention_heads: sizes.heads,
        num_key_value_heads: sizes.kvHeads,
        head_dim: sizes.headDim,
        num_hidden_layers: sizes.layers,
        vocab_size: VOCABULARY,
        tie_word_embeddings: true,
      },
      5,
    ),
  );
  model = await loadDecoder(checkpoint);
  weights = await weightsOf(checkpoint);
  const batches = [1, 2, 3].map((seed) => randomTokens(1, 9, VOCABULARY, seed));
  texts = batches.map(({ ids }) => Array.from(ids));
  traces = texts.map((ids) => forward(weights, sizes, ids));
  inputs = { model, checkpoint, batches, seed: 1, project };
});
afterAll(() => model.dispose());

const project = (scores: Float32Array) =>
  projectExact(scores, model.layout, budgetFromKeepRatio(model.layout, 0.5));

/** For each unit of the layout, a number from its layer, kind and place. */
const perUnit = (of: (layer: number, kind: 'ffn' | 'kv', unit: number) => number) =>
  Float32Array.from(
    model.layout.blocks.flatMap(({ layer, kind, count }) =>
      Array.from({ length: count }, (_, unit) => of(layer, kind as 'ffn' | 'kv', unit)),
    ),
  );

/** The rows (of an output matrix: columns) that a unit has in a matrix, as lists of places `[row, column]`. */
function linesOf(
  layer: number,
  matrix: string,
  unit: number,
): { w: number[][]; lines: [number, number][][] } {
  const w = weights.get(`model.layers.${layer}.${matrix}.weight`)!;
  const output = matrix.endsWith('down_proj') || matrix.endsWith('o_proj');
  const h = sizes.headDim;
  const G = sizes.heads / sizes.kvHeads;
  const width = matrix.startsWith('mlp') ? 1 : /[qo]_proj/.test(matrix) ? G * h : h;
  const lines = Array.from({ length: width }, (_, i) =>
    Array.from({ length: output ? w.length : w[0]!.length }, (_, j): [number, number] =>
      output ? [j, unit * width + i] : [unit * width + i, j],
    ),
  );
  return { w, lines };
}

/** Values of the inputs of the output matrix that belong to one column, over all tokens of all texts. */
const column = (layer: number, kind: 'ffn' | 'kv', j: number) =>
  traces.flatMap((trace) => trace[kind === 'ffn' ? 'hidden' : 'heads'][layer]!.map((row) => row[j]!));

/** `Σ_columns of(column of the output matrix, its inputs)` of a unit. */
const overColumns = (of: (w: number[], x: number[]) => number) =>
  perUnit((layer, kind, unit) => {
    const { w, lines } = linesOf(layer, MATRICES[kind].at(-1)!, unit);
    return lines.reduce((sum, line) => {
      const x = column(layer, kind, line[0]![1]);
      return (
        sum +
        of(
          line.map(([r, c]) => w[r]![c]!),
          x,
        )
      );
    }, 0);
  });

const sum = (values: number[]) => values.reduce((total, x) => total + x, 0);
const variance = (x: number[]) => sum(x.map((v) => (v - sum(x) / x.length) ** 2)) / x.length;

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(found[i]! - expected[i]!), `entry ${i}`).toBeLessThan(1e-4 * largest);
}

async function expectMethod(method: PruningMethod, expected: Float32Array): Promise<void> {
  if (!('score' in method)) throw new Error('a method with scores');
  const found = await method.score(inputs);
  expectClose(found, expected);
  expect(project(found)).toEqual(project(expected));
}

/** Weight times gradient of every weight of a unit, by matrix and line; of the loss of one text. */
function taylorTerms(ids: number[], layer: number, kind: 'ffn' | 'kv', unit: number): number[][] {
  const loss = () => forward(weights, sizes, ids).loss;
  return MATRICES[kind].flatMap((matrix) => {
    const { w, lines } = linesOf(layer, matrix, unit);
    return lines.map((line) =>
      line.map(([r, c]) => {
        const own = w[r]![c]!;
        const gradient = slope((offset) => {
          w[r]![c] = own + offset;
          const value = loss();
          w[r]![c] = own;
          return value;
        });
        return own * gradient;
      }),
    );
  });
}

describe('measures', () => {
  it('are those of float64, over several batches', async () => {
    const sites = ['layers.1.ffn.hidden', 'layers.2.attention.heads'];
    const found = await activationStatistics(model.under(), inputs.batches, sites, { gram: true });
    for (const [site, layer, kind, n] of [
      [sites[0]!, 1, 'ffn', CHANNELS],
      [sites[1]!, 2, 'kv', sizes.heads * sizes.headDim],
    ] as const) {
      const { count, mean, variance: spread, norms, gram } = found.get(site)!;
      const columns = Array.from({ length: n }, (_, j) => column(layer, kind, j));
      expect(count).toBe(27);
      expectClose(
        mean,
        columns.map((x) => sum(x) / x.length),
      );
      expectClose(spread, columns.map(variance));
      expectClose(
        norms,
        columns.map((x) => Math.hypot(...x)),
      );
      expectClose(
        gram!,
        columns.flatMap((x) => columns.map((y) => sum(x.map((v, t) => v * y[t]!)))),
      );
    }
  });

  it('block influence is that of float64', async () => {
    const expected = Array.from({ length: sizes.layers }, (_, layer) => {
      const cosines = traces.flatMap((trace) =>
        trace.before[layer]!.map((x, t) => {
          const y = trace.after[layer]![t]!;
          return sum(x.map((v, i) => v * y[i]!)) / Math.hypot(...x) / Math.hypot(...y);
        }),
      );
      return 1 - sum(cosines) / cosines.length;
    });
    expectClose(await blockInfluence(model.under(), inputs.batches), expected);
  });

  it('Taylor importance is that of float64 gradients', async () => {
    // Each weight takes a few passes in float64, so the texts are short.
    const batches = [1, 2].map((seed) => randomTokens(1, 5, VOCABULARY, seed));
    const texts = batches.map(({ ids }) => Array.from(ids));
    const { vector, element } = await unitTaylor(model, batches);
    const rows = new Float64Array(model.layout.size);
    const weights = new Float64Array(model.layout.size);
    let unit = 0;
    perUnit((layer, kind, own) => {
      const ofTexts = texts.map((ids) => taylorTerms(ids, layer, kind, own));
      const means = ofTexts[0]!.map(
        (_, line) => sum(ofTexts.map((terms) => sum(terms[line]!))) / texts.length,
      );
      rows[unit] = sum(means.map(Math.abs));
      weights[unit++] = sum(ofTexts.flat(2).map(Math.abs)) / texts.length;
      return 0;
    });
    expectClose(vector, rows);
    expectClose(element, weights);
  });

  it('leave no tensor behind', async () => {
    const { numTensors } = tf.memory();
    for (const method of Object.values(rivals)) {
      await ('score' in method ? method.score(inputs) : method.mask(inputs));
      expect(tf.memory().numTensors, method.name).toBe(numTensors);
    }
  });
});

describe('rivals', () => {
  it.each([0.45, 0.95, 1])(
    'owl keeps its shares of layers within what there is, at keep %d',
    async (keep) => {
      const at = (scores: Float32Array) =>
        projectExact(scores, model.layout, budgetFromKeepRatio(model.layout, keep));
      const scores = await (rivals.owl as ScoringMethod).score({ ...inputs, project: at });
      expect(scores.every(Number.isFinite)).toBe(true);
    },
  );

  it('random is uniform, by its seed', async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => rivals.random.score({ ...inputs, seed })),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(first!.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  it('magnitude', () =>
    expectMethod(
      rivals.magnitude,
      valueDensity(
        model.layout,
        perUnit((layer, kind, unit) =>
          sum(
            MATRICES[kind].flatMap((matrix) => {
              const { w, lines } = linesOf(layer, matrix, unit);
              return lines.flat().map(([r, c]) => w[r]![c]! ** 2);
            }),
          ),
        ),
      ),
    ));

  it('wanda-sp', () =>
    expectMethod(
      rivals['wanda-sp'],
      rankWithin(
        model.layout,
        overColumns((w, x) => sum(w.map(Math.abs)) * Math.hypot(...x)),
      ),
    ));

  it('flap', () => {
    const metricOf = (layer: number, kind: 'ffn' | 'kv', j: number) => {
      const w = weights.get(`model.layers.${layer}.${MATRICES[kind].at(-1)!}.weight`)!;
      return (
        (variance(column(layer, kind, j)) * sum(w.map((row) => row[j]! ** 2))) ** (kind === 'kv' ? 2 : 1)
      );
    };
    const expected = model.layout.blocks.flatMap(({ layer, kind, count }) => {
      const columns = traces[0]![kind === 'ffn' ? 'hidden' : 'heads'][layer as number]![0]!.length;
      const metrics = Array.from({ length: columns }, (_, j) =>
        metricOf(layer as number, kind as 'ffn' | 'kv', j),
      );
      const mean = sum(metrics) / columns;
      const deviation = Math.sqrt(sum(metrics.map((x) => (x - mean) ** 2)) / (columns - 1));
      const width = columns / count;
      return Array.from(
        { length: count },
        (_, unit) => (sum(metrics.slice(unit * width, (unit + 1) * width)) / width - mean) / deviation,
      );
    });
    return expectMethod(rivals.flap, Float32Array.from(expected));
  });

  it('fisher', () => {
    const squares = perUnit((layer, kind, unit) => {
      const gradients = texts.map((ids) =>
        slope((offset) => {
          const gates: number[][] = [];
          gates[layer] = [];
          gates[layer]![unit] = 1 + offset;
          return forward(weights, sizes, ids, { [kind]: gates }).loss;
        }),
      );
      return sum(gradients.map((g) => g * g)) / gradients.length / 2;
    });
    return expectMethod(rivals.fisher, valueDensity(model.layout, squares));
  });

  it.each(['llm-pruner', 'llm-pruner-element'] as const)(
    '%s spares no layer of so few, and ranks within',
    async (name) => {
      const of = name === 'llm-pruner' ? 'vector' : 'element';
      const taylor = (await unitTaylor(model, inputs.batches))[of];
      await expectMethod(rivals[name], rankWithin(model.layout, taylor));
    },
  );

  it('shortgpt keeps whole layers, but for the one in which the budget ends', async () => {
    const scores = await rivals.shortgpt.score(inputs);
    const mask = projectExact(scores, model.layout, budgetFromKeepRatio(model.layout, 0.5), { minimum: 0 });
    const influence = await blockInfluence(model.under(), inputs.batches);
    const kept = Array.from({ length: sizes.layers }, (_, layer) =>
      sum(
        model.layout.blocks
          .filter((block) => block.layer === layer)
          .map(({ start, count, cost }) => cost * sum(Array.from(mask.subarray(start, start + count)))),
      ),
    );
    const order = [0, 1, 2].sort((a, b) => influence[b]! - influence[a]!);
    const whole = model.layout.totalCost / sizes.layers;
    expect(kept[order[0]!]).toBe(whole);
    expect(kept[order[1]!]).toBeGreaterThan(0);
    // What is left of the budget is less than a KV group; channels of the last layer may fill it.
    expect(kept[order[2]!]).toBeLessThan(Math.max(...model.layout.blocks.map(({ cost }) => cost)));
  });
});
