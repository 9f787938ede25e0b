/** The part of the protobuf wire format that TensorFlow's C API needs. */

const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;
const fixed32Type = 5;

export function varintField(field: number, value: number | bigint): number[] {
  return [...varint((field << 3) | varintType), ...varint(value)];
}

export function bytesField(field: number, bytes: ArrayLike<number>): number[] {
  return [...varint((field << 3) | bytesType), ...varint(bytes.length), ...Array.from(bytes)];
}

export function floatField(field: number, value: number): number[] {
  return [...varint((field << 3) | fixed32Type), ...new Uint8Array(Float32Array.of(value).buffer)];
}

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

export type WireValue = number | Uint8Array;

/**
 * Iterates over the fields of one message. Varints are numbers, all other values are bytes.
 *
 * @throws RangeError if the message is truncated
 */
export function* fields(message: Uint8Array): Generator<[field: number, value: WireValue]> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('The protobuf message ends inside a number.');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = readVarint();
    const type = key & 7;
    if (type === varintType) {
      yield [key >>> 3, readVarint()];
      continue;
    }
    const length = type === bytesType ? readVarint() : type === fixed64Type ? 8 : 4;
    if (at + length > message.length) throw new RangeError('The protobuf message ends inside a field.');
    yield [key >>> 3, message.subarray(at, at + length)];
    at += length;
  }
}

export function text(value: WireValue): string {
  return typeof value === 'number' ? String(value) : new TextDecoder().decode(value);
}
