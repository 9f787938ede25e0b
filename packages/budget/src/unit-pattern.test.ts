import { describe, expect, it } from 'vitest';
import { createLayout } from './layout.js';
import { matchUnits } from './unit-pattern.js';

const layout = createLayout(
  [0, 1, 10].flatMap((layer) => [
    { layer, kind: 'ffn', count: 3, cost: 1 },
    { layer, kind: 'kv', count: 2, cost: 8 },
  ]),
);
const matched = (pattern: string) => [...matchUnits(layout, pattern)].flatMap((m, unit) => (m ? [unit] : []));

describe('matchUnits', () => {
  it.each([
    ['layers.0', [0, 1, 2, 3, 4]],
    ['layers.0.*', [0, 1, 2, 3, 4]],
    ['layers.1.*', [5, 6, 7, 8, 9]],
    ['*.kv', [3, 4, 8, 9, 13, 14]],
    ['layers.1*.ffn', [5, 6, 7, 10, 11, 12]],
    ['layers.1.ffn.2', [7]],
    ['*.kv.0', [3, 8, 13]],
    ['*', Array.from({ length: 15 }, (_, unit) => unit)],
  ])('%s', (pattern, units) => {
    expect(matched(pattern)).toEqual(units);
  });

  it.each(['layers.2.*', 'layersX0Xkv', 'layers.(0|1)', '*.mlp', ''])(
    'refuses %j, which matches no unit',
    (pattern) => {
      expect(() => matchUnits(layout, pattern)).toThrow(
        `No unit matches "${pattern}". Units are named layers.N.KIND.I, with N from 0 to 10 and KIND one of ffn, kv`,
      );
    },
  );
});
