import { type Checkpoint, toFloat32 } from '@grasp/checkpoint';
import { normals, randomCheckpoint } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { addLowRank, type LowRankUpdate } from './add-low-rank.js';
import { FoldError } from './errors.js';

const checkpoint: Checkpoint = randomCheckpoint(
  {
    model_type: 'llama',
    hidden_size: 8,
    intermediate_size: 12,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    num_hidden_layers: 1,
    head_dim: 4,
    vocab_size: 20,
    tie_word_embeddings: true,
  },
  1,
);
const tensor = 'model.layers.0.mlp.down_proj.weight'; // [8, 12]
const [inputs, outputs] = [Uint32Array.of(1, 4, 11), Uint32Array.of(0, 7)];
const update: LowRankUpdate = { tensor, inputs, outputs, rank: 2, a: normals(6, 2), b: normals(4, 3) };

async function read(source: Checkpoint): Promise<Float32Array> {
  return toFloat32(await source.read(tensor)).slice();
}

describe('addLowRank', () => {
  it('adds the product to the part of the matrix it is of, and to nothing else', async () => {
    const [before, after] = [await read(checkpoint), await read(addLowRank(checkpoint, [update]))];
    const expected = before.slice();
    outputs.forEach((output, o) => {
      inputs.forEach((input, i) => {
        const [a, b] = [update.a.subarray(2 * i, 2 * i + 2), [update.b[o]!, update.b[2 + o]!]];
        expected[output * 12 + input]! += a[0]! * b[0]! + a[1]! * b[1]!;
      });
    });
    expect(Math.max(...after.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-6);
    expect(after.filter((x, i) => x !== before[i])).toHaveLength(6);
  });

  it('is of the whole matrix where no part is named', async () => {
    const whole = { tensor, rank: 1, a: new Float32Array(12).fill(2), b: new Float32Array(8).fill(3) };
    const before = await read(checkpoint);
    const after = await read(addLowRank(checkpoint, [whole]));
    expect(Math.max(...after.map((x, i) => Math.abs(x - before[i]! - 6)))).toBeLessThan(1e-5);
  });

  it.each([
    ['a matrix that is missing', [{ ...update, tensor: 'none' }], 'none is missing'],
    ['factors of another size', [{ ...update, a: normals(5, 2) }], 'rank 2 has 5 and 4 factors'],
    ['an index outside', [{ ...update, inputs: Uint32Array.of(1, 4, 12) }], 'shape [8, 12]'],
    ['two updates of one matrix', [update, update], 'two updates'],
  ])('refuses %s', (_, updates, message) => {
    expect(() => addLowRank(checkpoint, updates)).toThrow(FoldError);
    expect(() => addLowRank(checkpoint, updates)).toThrow(message);
  });
});
