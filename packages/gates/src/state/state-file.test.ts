import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { StateError } from '../errors.js';
import { decodeState, encodeState } from './state-file.js';

const floats = (size: number) =>
  fc
    .array(fc.float({ noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => Float32Array.from(values));

const states = fc.integer({ min: 1, max: 20 }).chain((size) =>
  fc.record({
    scores: floats(size),
    optimizer: fc.record({
      step: fc.nat(),
      vectors: fc.record({ firstMoment: floats(size), secondMoment: floats(size) }),
    }),
    losses: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((loss) => loss + 0)),
  }),
);

describe('encodeState and decodeState', () => {
  test.prop([states, fc.string()])('give back every bit', (fields, label) => {
    const state = { ...fields, step: fields.losses.length };
    expect(decodeState(encodeState(state, label), label)).toEqual(state);
  });

  const state = {
    step: 2,
    scores: Float32Array.of(1, 2, 3),
    optimizer: { step: 2, vectors: { firstMoment: new Float32Array(3) } },
    losses: [3.5, 1 / 3],
  };
  const bytes = encodeState(state, 'gates, seed 1');

  it('refuse a state of another run', () => {
    expect(() => decodeState(bytes, 'gates, seed 2')).toThrow(/another run \("gates, seed 1"/);
  });

  test.prop([fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 })])(
    'notice any changed byte',
    (position, change) => {
      const changed = bytes.slice();
      changed[position]! ^= change;
      expect(() => decodeState(changed, 'gates, seed 1')).toThrow(StateError);
    },
  );

  test.prop([fc.nat({ max: bytes.length - 1 })])('notice a cut', (length) => {
    expect(() => decodeState(bytes.slice(0, length), 'gates, seed 1')).toThrow(StateError);
  });
});
