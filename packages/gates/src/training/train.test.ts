import { describe, expect, it } from 'vitest';
import { NonFiniteError, StateError } from '../errors.js';
import { decodeState, encodeState } from '../state/state-file.js';
import { adamW } from './adamw.js';
import type { ParameterGroup } from './parameter-group.js';
import { type GradientsOf, train } from './train.js';
import { initialState } from './training-state.js';

type Group = 'gates' | 'norms';

/** `L = Σ_g Σ_i (v_gi − target_gi − batch)² / 2` over the values of all groups. */
const targets = { gates: [1, -2, 3], norms: [0.5, 4] };
const gradientsOf: GradientsOf<number, Group> = async (batch, values) => {
  const gaps = (group: Group) => Float32Array.from(values[group], (v, i) => v - targets[group][i]! - batch);
  const gradients = { gates: gaps('gates'), norms: gaps('norms') };
  const loss = [...gradients.gates, ...gradients.norms].reduce((sum, gap) => sum + gap ** 2 / 2, 0);
  return { loss, gradients };
};
const batchAt = (step: number) => (step % 3) / 10;

/** Plain gradient descent, so that an update shows its rate. */
const descent = (learningRate: number): ParameterGroup['optimizer'] => ({
  init: () => ({ step: 0, vectors: {} }),
  update(parameters, gradients, { step }) {
    for (const [i, gradient] of gradients.entries()) parameters[i]! -= learningRate * gradient;
    return { step: step + 1, vectors: {} };
  },
});

const groups = (): Record<Group, ParameterGroup> => ({
  gates: { initial: new Float32Array(3), optimizer: adamW({ learningRate: 0.1 }) },
  norms: {
    initial: Float32Array.of(0, 1),
    optimizer: adamW({ learningRate: 0.02 }),
    parametrisation: (parameters) => ({
      values: parameters.map((p) => 2 * p),
      pullback: (values, out) => out.set(values.map((v) => 2 * v)),
    }),
  },
});

describe('train', () => {
  it('takes one step of each group at its own learning rate, through its own parametrisation', async () => {
    const own = groups();
    const plain = {
      gates: { ...own.gates, optimizer: descent(0.5) },
      norms: { ...own.norms, optimizer: descent(0.1) },
    };
    for await (const record of train(gradientsOf, plain, () => 0, 1)) {
      expect(Array.from(record.values.norms)).toEqual([0, 2]);
      // dL/dθ = 2·dL/dv.
      expect(Array.from(record.gradients.norms)).toEqual([-1, -4]);
      expect(Array.from(record.state.parameters.gates!)).toEqual([0.5, -1, 1.5]);
      expect(record.state.parameters.norms![0]).toBeCloseTo(0.1, 6);
      expect(record.state.parameters.norms![1]).toBeCloseTo(1.4, 6);
    }
    expect(Array.from(own.gates.initial)).toEqual([0, 0, 0]);
  });

  it('is one loop: each group ends where it would end alone', async () => {
    const both = initialState(groups());
    for await (const _ of train(gradientsOf, groups(), batchAt, 50, both));
    const alone = { gates: groups().gates };
    const state = initialState(alone);
    const ofGates: GradientsOf<number, 'gates'> = (batch, { gates }) =>
      gradientsOf(batch, { gates, norms: new Float32Array(2) });
    for await (const _ of train(ofGates, alone, batchAt, 50, state));
    expect(both.parameters.gates).toEqual(state.parameters.gates);
    expect(both.losses).not.toEqual(state.losses);
  });

  it.each([1, 17, 29])('gives the same numbers when saved after %i steps and resumed', async (stop) => {
    const whole = initialState(groups());
    for await (const _ of train(gradientsOf, groups(), batchAt, 30, whole));
    let saved = new Uint8Array();
    for await (const { state } of train(gradientsOf, groups(), batchAt, 30)) {
      if (state.step < stop) continue;
      saved = new Uint8Array(encodeState(state, 'tuning'));
      break;
    }
    const resumed = decodeState(saved, 'tuning');
    for await (const _ of train(gradientsOf, groups(), batchAt, 30, resumed));
    expect(resumed).toEqual(whole);
  });

  it('refuses a state of other groups', async () => {
    const { gates } = groups();
    const other = initialState({ gates });
    await expect(train(gradientsOf, groups(), batchAt, 1, other).next()).rejects.toThrow(
      /groups gates \(3\); this stage trains gates \(3\), norms \(2\)/,
    );
  });

  it('names the entry of a gradient that is not finite, and keeps the state', async () => {
    const state = initialState(groups());
    const broken: GradientsOf<number, Group> = async (batch, values) => {
      const found = await gradientsOf(batch, values);
      if (state.step === 2) found.gradients.norms[1] = Number.NaN;
      return found;
    };
    const named = { ...groups(), norms: { ...groups().norms, entryName: (i: number) => `norm ${i}` } };
    const run = async (of: Record<Group, ParameterGroup>) => {
      for await (const _ of train(broken, of, batchAt, 5, state));
    };
    await expect(run(groups())).rejects.toThrow(/Step 2: The gradient of entry 1 of norms is NaN/);
    await expect(run(named)).rejects.toThrow(/Step 2: The gradient of norm 1 is NaN/);
    await expect(run(named)).rejects.toThrow(NonFiniteError);
    expect(state.step).toBe(2);
    expect(state.losses).toHaveLength(2);
  });

  it('refuses gradients of another length', async () => {
    const short: GradientsOf<number, Group> = async (batch, values) => {
      const { loss, gradients } = await gradientsOf(batch, values);
      return { loss, gradients: { ...gradients, gates: new Float32Array(2) } };
    };
    await expect(train(short, groups(), batchAt, 1).next()).rejects.toThrow(StateError);
  });
});
