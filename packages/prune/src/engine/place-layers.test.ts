import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLayers } from './place-layers.js';

describe('placeLayers', () => {
  it('gives each device a run of equal layers', () => {
    expect(placeLayers([5, 5, 5, 5, 5, 5], 3)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('balances bytes, not layers', () => {
    expect(placeLayers([9, 3, 3, 3], 2)).toEqual([0, 1, 1, 1]);
  });

  it('leaves devices empty if there are more of them than layers', () => {
    expect(placeLayers([1, 1], 4)).toEqual([1, 3]);
  });

  it('puts layers without weights on the first device', () => {
    expect(placeLayers([0, 0], 2)).toEqual([0, 0]);
  });

  it('keeps the order, and gives no device more than its share and one layer', () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 9 }), (layers, devices) => {
        const placed = placeLayers(layers, devices);
        expect(placed).toEqual([...placed].sort((a, b) => a - b));
        const share = layers.reduce((sum, layer) => sum + layer, 0) / devices;
        for (let device = 0; device < devices; device++) {
          const held = layers.reduce((sum, layer, i) => sum + (placed[i] === device ? layer : 0), 0);
          expect(held).toBeLessThanOrEqual(share + Math.max(...layers));
        }
      }),
    );
  });
});
