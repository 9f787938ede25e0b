import { StateError } from '../errors.js';
import type { TrainingState } from '../training/training-state.js';

/*
 * Layout of a state file, little-endian: "GRASPST" and the version (8 bytes), header length (u32), CRC-32 of all
 * that follows (u32), header (JSON, padded with spaces to a multiple of 4), then each vector as float32.
 */
const MAGIC = 'GRASPST';
const VERSION = 1;
const PREFIX_BYTES = 16;
/** Longest header read: losses of a few million steps. */
const MAX_HEADER_BYTES = 2 ** 27;

interface Header {
  readonly label: string;
  readonly step: number;
  readonly optimizerStep: number;
  readonly losses: readonly number[];
  readonly size: number;
  /** The optimiser's vectors, in file order after the scores. */
  readonly vectors: readonly string[];
}

/**
 * A training state as one block of bytes.
 *
 * @param label what the state belongs to (stage, settings, data): {@link decodeState} asks for the same.
 */
export function encodeState(state: TrainingState, label: string): Uint8Array {
  const { scores, optimizer } = state;
  const names = Object.keys(optimizer.vectors).sort();
  const header: Header = {
    label,
    step: state.step,
    optimizerStep: optimizer.step,
    losses: state.losses,
    size: scores.length,
    vectors: names,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const vectorBytes = scores.length * 4;
  const bytes = new Uint8Array(PREFIX_BYTES + headerBytes + vectorBytes * (1 + names.length));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint8(7, VERSION);
  view.setUint32(8, headerBytes, true);
  bytes.fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  bytes.set(json, PREFIX_BYTES);
  let offset = PREFIX_BYTES + headerBytes;
  for (const vector of [scores, ...names.map((name) => optimizer.vectors[name]!)]) {
    for (let index = 0; index < vector.length; index++)
      view.setFloat32(offset + index * 4, vector[index]!, true);
    offset += vectorBytes;
  }
  view.setUint32(12, crc32(bytes.subarray(PREFIX_BYTES)), true);
  return bytes;
}

/**
 * The state that {@link encodeState} wrote.
 *
 * @throws {StateError} if the bytes are damaged, of another version, or carry another label.
 */
export function decodeState(bytes: Uint8Array, label: string): TrainingState {
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
      `The saved state belongs to another run ("${header.label}", not "${label}"). Start afresh, or use its settings.`,
    );
  }
  const vectorBytes = header.size * 4;
  if (bytes.length !== PREFIX_BYTES + headerBytes + vectorBytes * (1 + header.vectors.length)) {
    throw damaged('its length differs from what its header says');
  }
  const vectorAt = (place: number) => {
    const offset = PREFIX_BYTES + headerBytes + place * vectorBytes;
    return Float32Array.from({ length: header.size }, (_, index) =>
      view.getFloat32(offset + index * 4, true),
    );
  };
  return {
    step: header.step,
    scores: vectorAt(0),
    optimizer: {
      step: header.optimizerStep,
      vectors: Object.fromEntries(header.vectors.map((name, index) => [name, vectorAt(1 + index)])),
    },
    losses: [...header.losses],
  };
}

function parseHeader(bytes: Uint8Array): Header {
  let header: Partial<Record<keyof Header, unknown>> | null;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw damaged('its header is not JSON');
  }
  const { label, step, optimizerStep, losses, size, vectors } = header ?? {};
  if (
    typeof label !== 'string' ||
    !isCount(step) ||
    !isCount(optimizerStep) ||
    !isCount(size) ||
    !(Array.isArray(losses) && losses.length === step && losses.every(Number.isFinite)) ||
    !(Array.isArray(vectors) && vectors.every((name) => typeof name === 'string'))
  ) {
    throw damaged('its header lacks a field');
  }
  return { label, step, optimizerStep, losses, size, vectors };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(why: string): StateError {
  return new StateError(`The saved state is damaged: ${why}. Delete it to start afresh.`);
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
