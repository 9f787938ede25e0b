import { createLayout } from '@grasp/budget';
import { expect, it } from 'vitest';
import type { RefitModel } from './refit-model.js';
import { refitOutputs } from './refit-outputs.js';

const layout = createLayout([
  { layer: 0, kind: 'ffn', count: 2, cost: 1 },
  { layer: 3, kind: 'kv', count: 2, cost: 1 },
]);

/** A model whose second sublayer's equations are as given. */
const modelWith = (gram: number[], cross: number[]): RefitModel<never> => ({
  layout,
  async *refit(_batches, _mask, { solve }) {
    const problem = { inputs: 2, outputs: 1, columns: Uint32Array.of(0, 1), squares: 1 };
    const weights = Float32Array.of(1, 1);
    const [first, second] = layout.blocks;
    solve({ ...problem, block: first!, tensor: 'a', gram: [1, 0, 0, 1], cross: [1, 1], weights });
    yield { kind: 'sublayer', block: first! };
    solve({ ...problem, block: second!, tensor: 'b', gram, cross, weights });
    yield { kind: 'sublayer', block: second! };
  },
});

it("solves by the model's own solver, where it has one", async () => {
  const model = {
    ...modelWith([1, 0, 0, 1], [1, 1]),
    solveDefinite: (_: unknown, b: Float64Array) => b.fill(7),
  };
  const run = refitOutputs(model, [], new Uint8Array(layout.size).fill(1));
  await run.next();
  await run.next();
  const { value } = await run.next();
  expect(value).toMatchObject([{ weights: Float32Array.of(7, 7) }, { weights: Float32Array.of(7, 7) }]);
});

it.each([
  ['equations with NaN', [Number.NaN, 0, 0, 1], [1, 1]],
  ['equations that are not definite', [1, 2, 2, 1], [1, 1]],
  ['a solution beyond float32', [1, 0, 0, 1], [1e39, 1]],
])('%s name the sublayer', async (_, gram, cross) => {
  const run = refitOutputs(modelWith(gram, cross), [], new Uint8Array(layout.size).fill(1));
  expect((await run.next()).value).toMatchObject({ done: 1 });
  await expect(run.next()).rejects.toMatchObject({
    code: 'GRASP_FOLD',
    message: expect.stringContaining('Refit of layer 3 kv: '),
  });
});
