import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { StateError } from '../errors.js';
import { decodeImportanceState, decodeState, encodeImportanceState, encodeState } from './state-file.js';

const floats = (size: number) =>
  fc
    .array(fc.float({ noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => Float32Array.from(values));

const losses = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((loss) => loss + 0));

const group = fc.integer({ min: 0, max: 20 }).chain((size) =>
  fc.record({
    parameters: floats(size),
    optimizer: fc.record({
      step: fc.nat(),
      vectors: fc.record({ firstMoment: floats(size), secondMoment: floats(size) }),
    }),
  }),
);

const groups = fc.dictionary(fc.constantFrom('gates', 'scales', 'norms', 'lora'), group, { minKeys: 1 });

/** What every decoder of bytes must notice. */
function noticesDamage(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown) {
  test.prop([fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 })])(
    'notices any changed byte',
    (position, change) => {
      const changed = bytes.slice();
      changed[position]! ^= change;
      expect(() => decode(changed)).toThrow(StateError);
    },
  );

  test.prop([fc.nat({ max: bytes.length - 1 })])('notices a cut', (length) => {
    expect(() => decode(bytes.slice(0, length))).toThrow(StateError);
  });
}

describe('training state', () => {
  test.prop([groups, losses, fc.string()])('gives back every bit', (all, steps, label) => {
    const entries = Object.entries(all);
    const state = {
      step: steps.length,
      parameters: Object.fromEntries(entries.map(([name, { parameters }]) => [name, parameters])),
      optimizer: Object.fromEntries(entries.map(([name, { optimizer }]) => [name, optimizer])),
      losses: steps,
    };
    expect(decodeState(encodeState(state, label), label)).toEqual(state);
  });

  const state = {
    step: 2,
    parameters: { gates: Float32Array.of(1, 2, 3) },
    optimizer: { gates: { step: 2, vectors: { firstMoment: new Float32Array(3) } } },
    losses: [3.5, 1 / 3],
  };
  const bytes = encodeState(state, 'gates, seed 1');
  noticesDamage(bytes, (changed) => decodeState(changed, 'gates, seed 1'));

  it('refuses a state of another run, and one of another kind', () => {
    expect(() => decodeState(bytes, 'gates, seed 2')).toThrow(/another run \("gates, seed 1"/);
    expect(() => decodeImportanceState(bytes, 'gates, seed 1')).toThrow(/another kind/);
  });

  it.each([
    ['losses', { ...state, losses: [1] }],
    [
      'a group without an optimizer',
      { ...state, parameters: { ...state.parameters, norms: new Float32Array(2) } },
    ],
    [
      'an optimizer without a group',
      { ...state, optimizer: { ...state.optimizer, norms: state.optimizer.gates } },
    ],
    ['a loss that is no number', { ...state, losses: [1, Number.NaN] }],
  ])('refuses a state that lacks %s', (_, broken) => {
    expect(() => decodeState(encodeState(broken, 'x'), 'x')).toThrow(/another kind/);
  });
});

describe('importance state', () => {
  const state = { step: 1, scores: Float32Array.of(1, -2), squares: Float32Array.of(3, 4), losses: [0.1] };
  const bytes = encodeImportanceState(state, 'choice');
  noticesDamage(bytes, (changed) => decodeImportanceState(changed, 'choice'));

  it('gives back every bit, and is no training state', () => {
    expect(decodeImportanceState(bytes, 'choice')).toEqual(state);
    expect(() => decodeState(bytes, 'choice')).toThrow(/another kind/);
  });

  it('refuses vectors of different lengths', () => {
    const broken = encodeImportanceState({ ...state, squares: new Float32Array(3) }, 'choice');
    expect(() => decodeImportanceState(broken, 'choice')).toThrow(/another kind/);
  });
});
