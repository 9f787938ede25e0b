import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, it } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { memorySource } from '../bytes/byte-source.js';
import { elementCount } from '../checkpoint.js';
import { readSafetensorsHeader, SAFETENSORS_DTYPE_BYTES, type SafetensorsDType } from './header.js';
import { openSafetensors, safetensorsOf } from './open.js';
import { type SafetensorsEntry, writeSafetensors } from './write.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file from a header, as it is, and a number of data bytes. */
function bytesOf(header: unknown, dataBytes: number, claimed?: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(claimed ?? json.length));
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
}

const open = (header: unknown, dataBytes: number, claimed?: number) =>
  readSafetensorsHeader(memorySource(bytesOf(header, dataBytes, claimed), 'f'));
const f32 = (...offsets: number[]) => ({
  dtype: 'F32',
  shape: [(offsets[1]! - offsets[0]!) / 4],
  data_offsets: offsets,
});

describe('a safetensors header', () => {
  it('tells where each tensor is', () => {
    const { tensors, metadata } = open({ __metadata__: { format: 'pt' }, b: f32(4, 12), a: f32(0, 4) }, 12);
    expect(metadata).toEqual({ format: 'pt' });
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(tensors.get('b')).toMatchObject({ dtype: 'F32', shape: [2], byteLength: 8 });
  });

  it('takes tensors without elements and without dimensions', () => {
    const empty = { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] };
    const scalar = { dtype: 'I64', shape: [], data_offsets: [0, 8] };
    expect([...open({ scalar, empty }, 8).tensors.keys()]).toEqual(['empty', 'scalar']);
    expect(open({}, 0).tensors.size).toBe(0);
  });

  it.each<[string, unknown, number, string, number?]>([
    ['a header longer than the file', {}, 0, 'claims 99 bytes', 99],
    ['a header of 2^53 bytes and more', {}, 0, 'claims 9007199254740992 bytes', 2 ** 53],
    ['truncated data', { a: f32(0, 8) }, 4, 'truncated'],
    ['bytes after the last tensor', { a: f32(0, 4) }, 8, '4 bytes at its end belong to no tensor'],
    ['a hole', { a: f32(0, 4), b: f32(8, 12) }, 12, '4 bytes before tensor b belong to no tensor'],
    ['a hole at the start', { b: f32(4, 8) }, 8, '4 bytes before tensor b'],
    ['overlap', { a: f32(0, 8), b: f32(4, 12) }, 12, 'tensor b overlaps'],
    ['the same bytes twice', { a: f32(0, 8), b: f32(0, 8) }, 8, 'overlaps'],
    ['a shape that needs more bytes', { a: { ...f32(0, 8), shape: [3] } }, 8, 'needs 12 bytes and claims 8'],
    ['a shape whose product overflows', { a: { ...f32(0, 8), shape: [2 ** 40, 2 ** 40] } }, 8, 'claims 8'],
    ['a negative dimension', { a: { ...f32(0, 8), shape: [-2] } }, 8, 'not a list of up to 8 whole numbers'],
    ['too many dimensions', { a: { ...f32(0, 4), shape: new Array(9).fill(1) } }, 4, 'not a list of up to 8'],
    ['offsets in reverse', { a: { dtype: 'F32', shape: [0], data_offsets: [4, 0] } }, 4, 'before it begins'],
    [
      'fractional offsets',
      { a: { dtype: 'F32', shape: [0], data_offsets: [0.5, 0.5] } },
      0,
      'no data_offsets',
    ],
    [
      'an unknown dtype',
      { a: { ...f32(0, 8), dtype: 'F8_E4M3' } },
      8,
      '"F8_E4M3" of tensor "a" is not supported',
    ],
    ['a dtype from the prototype', { a: { ...f32(0, 8), dtype: 'toString' } }, 8, '"toString" of tensor "a"'],
    ['an entry that is no object', { a: 5 }, 0, 'has no description'],
    [
      'a name twice',
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      0,
      'twice',
    ],
    ['metadata that are not texts', { __metadata__: { a: 1 } }, 0, '__metadata__'],
    ['a very long name', { ['n'.repeat(2000)]: f32(0, 0) }, 0, '2000 characters'],
  ])('refuses %s', (_, header, dataBytes, message, claimed) => {
    expect(() => open(header, dataBytes, claimed)).toThrow(message);
  });

  it('refuses files too short for one', () => {
    expect(() => readSafetensorsHeader(memorySource(new Uint8Array(7)))).toThrow('too few');
  });
});

const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

const anyTensor = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(SAFETENSORS_DTYPE_BYTES) as SafetensorsDType[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    fill: fc.nat(255),
  })
  .map(({ dtype, shape, fill }) => {
    const bytes = new Uint8Array(elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype]).fill(fill);
    return { dtype, shape, data: new ARRAYS[dtype](bytes.buffer) };
  });

describe('writeSafetensors', () => {
  it.prop(
    [fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), anyTensor), { selector: ([name]) => name })],
    {
      numRuns: 50,
    },
  )('writes what openSafetensors reads', async (tensors) => {
    const path = join(folder, 'all.safetensors');
    const entries = tensors.map(
      ([name, { dtype, shape, data }]): SafetensorsEntry => ({ name, dtype, shape, read: () => data }),
    );
    await writeSafetensors(path, entries, { format: 'pt' });
    const file = await openSafetensors(path);
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.tensors.size).toBe(tensors.length);
    for (const [name, tensor] of tensors) {
      expect(await file.read(name)).toEqual(tensor);
      expect(file.tensors.get(name)!.position % SAFETENSORS_DTYPE_BYTES[tensor.dtype]).toBe(0);
    }
    await expect(file.read('absent, surely')).rejects.toMatchObject({ code: 'GRASP_CHECKPOINT_NO_TENSOR' });
    await file.close();
  });

  it('refuses data that do not match the shape, and a name twice', async () => {
    const entry = (read: SafetensorsEntry['read']): SafetensorsEntry => ({
      name: 'a',
      dtype: 'F32',
      shape: [2],
      read,
    });
    const path = join(folder, 'bad.safetensors');
    await expect(writeSafetensors(path, [entry(() => new Float32Array(3))])).rejects.toThrow(
      '12 bytes, not 8',
    );
    const twice = [entry(() => new Float32Array(2)), entry(() => new Float32Array(2))];
    await expect(writeSafetensors(path, twice)).rejects.toThrow('occurs twice');
    expect((await readdir(folder)).filter((name) => name.startsWith('bad'))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'does not write through a link that waits under a draft name',
    async () => {
      const path = join(folder, 'linked.safetensors');
      await symlink('/dev/full', `${path}.partial`);
      const entry: SafetensorsEntry = { name: 'a', dtype: 'F32', shape: [1], read: () => Float32Array.of(1) };
      await writeSafetensors(path, [entry]);
      const file = await openSafetensors(path);
      expect((await file.read('a')).data).toEqual(Float32Array.of(1));
      await file.close();
    },
  );

  it('reads a header whose metadata are null', () => {
    const bytes = bytesOf({ __metadata__: null, b: f32(0, 4) }, 4);
    expect(safetensorsOf(memorySource(bytes)).metadata).toEqual({});
  });

  it('reads a tensor at any position in the file', async () => {
    const bytes = bytesOf({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, b: f32(1, 9) }, 9);
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, 1.5, true);
    expect((await safetensorsOf(memorySource(bytes)).read('b')).data).toEqual(Float32Array.of(0, 1.5));
  });
});
