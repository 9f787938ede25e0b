/** A value of GGUF metadata and its type. */
export type GgufTestValue =
  | { readonly type: 'u32' | 'i32' | 'f32' | 'bool'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'texts'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

/** A tensor of a GGUF file: `shape` outermost first, `type` the number of the GGML type. */
export interface GgufTestTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
  /** The offset in the header, if it differs from the real one. */
  readonly offset?: number;
}

const SCALARS = { u32: 4, i32: 5, f32: 6, bool: 7 } as const;
const ALIGNMENT = 32;

/** Returns the bytes of a GGUF version 3 file, valid or not, for tests of readers. */
export function ggufBytes(
  metadata: Readonly<Record<string, GgufTestValue>>,
  tensors: readonly GgufTestTensor[],
): Uint8Array {
  const parts: Buffer[] = [];
  const u32 = (value: number) => parts.push(number(4, (b) => b.writeUInt32LE(value)));
  const u64 = (value: number) => parts.push(number(8, (b) => b.writeBigUInt64LE(BigInt(value))));
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    u64(bytes.length);
    parts.push(bytes);
  };
  const scalar = (type: keyof typeof SCALARS, value: number) => {
    if (type === 'bool') parts.push(Buffer.of(value));
    else if (type === 'f32') parts.push(number(4, (b) => b.writeFloatLE(value)));
    else if (type === 'i32') parts.push(number(4, (b) => b.writeInt32LE(value)));
    else u32(value);
  };
  parts.push(Buffer.from('GGUF'));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, entry] of Object.entries(metadata)) {
    text(key);
    switch (entry.type) {
      case 'text':
        u32(8);
        text(entry.value);
        break;
      case 'texts':
        u32(9);
        u32(8);
        u64(entry.value.length);
        entry.value.forEach(text);
        break;
      case 'i32s':
      case 'f32s': {
        const item = entry.type === 'i32s' ? 'i32' : 'f32';
        u32(9);
        u32(SCALARS[item]);
        u64(entry.value.length);
        for (const value of entry.value) scalar(item, value);
        break;
      }
      default:
        u32(SCALARS[entry.type]);
        scalar(entry.type, entry.value);
    }
  }
  let offset = 0;
  for (const tensor of tensors) {
    text(tensor.name);
    u32(tensor.shape.length);
    for (const dim of [...tensor.shape].reverse()) u64(dim);
    u32(tensor.type);
    u64(tensor.offset ?? offset);
    offset += padded(tensor.bytes.length);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(Buffer.alloc(padded(length) - length));
  for (const { bytes } of tensors)
    parts.push(Buffer.from(bytes), Buffer.alloc(padded(bytes.length) - bytes.length));
  return new Uint8Array(Buffer.concat(parts));
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function number(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
}
