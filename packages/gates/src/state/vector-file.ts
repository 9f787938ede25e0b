import { parseJson } from '@grasp/files/json';
import { StateError } from '../errors.js';

/*
 * Layout of a state file, little-endian: "GRASPST" and the version (8 bytes), header length (u32), CRC-32 of all
 * that follows (u32), header (JSON, padded with spaces to a multiple of 4), then each vector as float32.
 */
const MAGIC = 'GRASPST';
const VERSION = 2;
const PREFIX_BYTES = 16;
/** Longest header that is read: losses of a few million steps. */
const MAX_HEADER_BYTES = 2 ** 27;

/** Named vectors and numbers that belong together. */
export interface SavedVectors {
  /** Names the owner. */
  readonly label: string;
  /** Numbers, as JSON holds them. */
  readonly numbers: Readonly<Record<string, unknown>>;
  readonly vectors: readonly { readonly path: readonly string[]; readonly vector: Float32Array }[];
}

interface Header {
  readonly label: string;
  readonly numbers: Readonly<Record<string, unknown>>;
  /** Vectors in file order. */
  readonly vectors: readonly { readonly path: readonly string[]; readonly length: number }[];
}

/** One block of bytes. Equal content gives equal bytes. */
export function encodeVectors({ label, numbers, vectors }: SavedVectors): Uint8Array {
  const sorted = [...vectors].sort((a, b) => (a.path.join('/') < b.path.join('/') ? -1 : 1));
  const header: Header = {
    label,
    numbers,
    vectors: sorted.map(({ path, vector }) => ({ path, length: vector.length })),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const entries = sorted.reduce((sum, { vector }) => sum + vector.length, 0);
  const bytes = new Uint8Array(PREFIX_BYTES + headerBytes + 4 * entries);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint8(7, VERSION);
  view.setUint32(8, headerBytes, true);
  bytes.fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  bytes.set(json, PREFIX_BYTES);
  let offset = PREFIX_BYTES + headerBytes;
  for (const { vector } of sorted) {
    for (let index = 0; index < vector.length; index++, offset += 4)
      view.setFloat32(offset, vector[index]!, true);
  }
  view.setUint32(12, crc32(bytes.subarray(PREFIX_BYTES)), true);
  return bytes;
}

/**
 * The vectors that {@link encodeVectors} wrote.
 *
 * @throws {StateError} if the bytes are damaged, of another version, or carry another label.
 */
export function decodeVectors(bytes: Uint8Array, label: string): SavedVectors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX_BYTES || new TextDecoder().decode(bytes.subarray(0, 7)) !== MAGIC) {
    throw new StateError('This is not a saved training state.');
  }
  if (view.getUint8(7) !== VERSION) {
    throw new StateError(
      `The saved state has version ${view.getUint8(7)}; this release reads version ${VERSION}.`,
    );
  }
  const headerBytes = view.getUint32(8, true);
  if (headerBytes > Math.min(MAX_HEADER_BYTES, bytes.length - PREFIX_BYTES))
    throw damaged('its header is cut short');
  if (view.getUint32(12, true) !== crc32(bytes.subarray(PREFIX_BYTES))) throw damaged('its checksum differs');
  const header = parseHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  if (header.label !== label) {
    throw new StateError(
      `The saved state belongs to another run ("${header.label}", not "${label}"). Start again, or use its settings.`,
    );
  }
  const entries = header.vectors.reduce((sum, { length }) => sum + length, 0);
  if (bytes.length !== PREFIX_BYTES + headerBytes + 4 * entries) {
    throw damaged('its length differs from the header');
  }
  let offset = PREFIX_BYTES + headerBytes;
  const vectors = header.vectors.map(({ path, length }) => {
    const vector = new Float32Array(length);
    for (let index = 0; index < length; index++, offset += 4) vector[index] = view.getFloat32(offset, true);
    return { path, vector };
  });
  return { label, numbers: header.numbers, vectors };
}

function parseHeader(bytes: Uint8Array): Header {
  let header: Partial<Record<keyof Header, unknown>> | null;
  try {
    header = parseJson(new TextDecoder().decode(bytes)) as typeof header;
  } catch {
    throw damaged('its header is not JSON');
  }
  const { label, numbers, vectors } = header ?? {};
  const complete =
    typeof label === 'string' &&
    typeof numbers === 'object' &&
    numbers !== null &&
    Array.isArray(vectors) &&
    vectors.every(
      (entry) =>
        Number.isSafeInteger(entry?.length) &&
        entry.length >= 0 &&
        Array.isArray(entry.path) &&
        entry.path.every((name: unknown) => typeof name === 'string'),
    );
  if (!complete) throw damaged('its header lacks a field');
  return { label, numbers: numbers as Header['numbers'], vectors };
}

function damaged(why: string): StateError {
  return new StateError(`The saved state is damaged: ${why}. Delete it to start again.`);
}

/** CRC-32 (IEEE 802.3), a byte at a time through a table. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});
