import fc from 'fast-check';

/** One change of a file. Positions are fractions of the length, so that a shrunk case stays valid. */
type ByteEdit =
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'delete' | 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'cut'; readonly at: number };

/** Numbers at which checks often fail. */
const edges = [
  0n,
  1n,
  7n,
  8n,
  255n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const numberBytes = fc.tuple(fc.constantFrom(...edges), fc.constantFrom(1, 4, 8)).map(([value, size]) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes.subarray(0, size);
});
const textBytes = fc
  .constantFrom(
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '-',
    '1e999',
    'null',
    '"__proto__"',
    '"../x"',
    '\\',
    '\u0000',
    'F32',
  )
  .map((text) => new TextEncoder().encode(text));
const newBytes = fc.oneof(numberBytes, textBytes, fc.uint8Array({ minLength: 1, maxLength: 16 }));
const place = fc.double({ min: 0, max: 1, noNaN: true });
const edit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, bytes: newBytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert' as const), at: place, bytes: newBytes }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('delete' as const, 'repeat' as const),
      at: place,
      length: fc.nat(64),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place }) },
);
/** Some changes of a file. */
export const byteEdits = fc.array(edit, { minLength: 1, maxLength: 6 });

/** Returns the file with one change. */
export function applyByteEdit(bytes: Uint8Array, change: ByteEdit): Uint8Array {
  const at = Math.floor(change.at * bytes.length);
  const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
  switch (change.kind) {
    case 'set': {
      const out = bytes.slice();
      out.set(change.bytes.subarray(0, bytes.length - at), at);
      return out;
    }
    case 'insert':
      return join(bytes.subarray(0, at), change.bytes, bytes.subarray(at));
    case 'delete':
      return join(bytes.subarray(0, at), bytes.subarray(at + change.length));
    case 'repeat':
      return join(bytes.subarray(0, at + change.length), bytes.subarray(at));
    case 'cut':
      return bytes.slice(0, at);
  }
}
