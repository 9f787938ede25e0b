import { readFileSync } from 'node:fs';
import { budgetFromKeepRatio, createLayout, projectGreedyPrefix } from '@grasp/budget';
import { hasShared, sharedPath } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { adamW } from '../training/adamw.js';
import { maskFromScores } from './learn-gates.js';

interface PerLayer {
  readonly ffn: readonly number[][];
  readonly kv: readonly number[][];
}

interface Trace {
  readonly settings: {
    readonly keep_ratio: number;
    readonly tau: number;
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly cost_ffn: number;
    readonly cost_kv: number;
  };
  readonly gates: {
    readonly initial_scores: PerLayer;
    readonly steps: readonly {
      readonly loss: number;
      readonly masks?: PerLayer;
      readonly grads?: PerLayer;
    }[];
    readonly final_scores: PerLayer;
    readonly final_masks: PerLayer;
  };
}

const flat = ({ ffn, kv }: PerLayer) => ffn.flatMap((channels, layer) => [...channels, ...kv[layer]!]);

/** The trace of a folder, and the settings of its gate stage. */
function load(folder: string) {
  const { settings, gates }: Trace = JSON.parse(
    readFileSync(sharedPath('reference', folder, 'trace.json'), 'utf8'),
  );
  const { ffn, kv } = gates.initial_scores;
  const layout = createLayout(
    ffn.flatMap((channels, layer) => [
      { layer, kind: 'ffn', count: channels.length, cost: settings.cost_ffn },
      { layer, kind: 'kv', count: kv[layer]!.length, cost: settings.cost_kv },
    ]),
  );
  const budget = budgetFromKeepRatio(layout, settings.keep_ratio);
  const options = {
    steps: gates.steps.length,
    temperature: settings.tau,
    chooseMask: (p: Float32Array) => projectGreedyPrefix(p, layout, budget),
  };
  return { settings, gates, layout, options };
}

describe.skipIf(!hasShared).each(['tiny-llama-gqa', 'tiny-llama-mha'])(
  'trace of the paper’s code: %s',
  (folder) => {
    it('chooses the first step’s mask from the initial scores', () => {
      const { gates, options } = load(folder);
      const scores = Float32Array.from(flat(gates.initial_scores));
      expect(Array.from(maskFromScores({ parameters: { gates: scores }, step: 0 }, options))).toEqual(
        flat(gates.steps[0]!.masks!),
      );
    });

    it('chooses the second step’s mask after one update with the first step’s gradients', () => {
      const { settings, gates, layout, options } = load(folder);
      const scores = Float32Array.from(flat(gates.initial_scores));
      const optimizer = adamW({ learningRate: settings.lr, betas: settings.betas, epsilon: settings.eps });
      optimizer.update(scores, Float32Array.from(flat(gates.steps[0]!.grads!)), optimizer.init(layout.size));
      expect(Array.from(maskFromScores({ parameters: { gates: scores }, step: 1 }, options))).toEqual(
        flat(gates.steps[1]!.masks!),
      );
    });

    it('chooses the final mask from the final scores', () => {
      const { gates, options } = load(folder);
      const scores = Float32Array.from(flat(gates.final_scores));
      expect(
        Array.from(maskFromScores({ parameters: { gates: scores }, step: options.steps }, options)),
      ).toEqual(flat(gates.final_masks));
    });
  },
);
