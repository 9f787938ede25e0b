import { assertUnits, createLayout, type Layout, sameLayout } from '@grasp/budget';
import { parseJson } from '@grasp/checkpoint';
import { fromBase64, toBase64 } from './base64.js';
import { MaskFileError } from './errors.js';

/** The result of pruning without the weights. It applies to any copy of the checkpoint that it was made for. */
export interface PrunedUnits {
  readonly layout: Layout;
  /** `[layout.size]`: 1 for each kept unit, 0 for the others. */
  readonly mask: Uint8Array;
  /** `[layout.size]`: one factor for each kept unit, 0 for the others. */
  readonly scales?: Float32Array;
  /**
   * `[layout.size]`: scores of the units, higher for those to keep. They can be projected onto another budget. The mask need
   * not be a projection of them.
   */
  readonly scores?: Float32Array;
  /** Model, settings, data fingerprint: any JSON. */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

const FORMAT = 'grasp-mask';
const VERSION = 1;

/**
 * Encodes a mask file: JSON with the layout as plain fields, the mask as base64 of one bit per unit (lowest bit first), and
 * the scales of kept units and the scores of all units as base64 of little-endian float32.
 *
 * @throws {LayoutError} if mask, scales or scores do not fit the layout.
 */
export function encodeMask({ layout, mask, scales, scores, provenance }: PrunedUnits): Uint8Array {
  assertUnits(layout, mask, 'mask');
  if (scales) assertUnits(layout, scales, 'scales');
  if (scores) assertUnits(layout, scores, 'scores');
  const file = {
    format: FORMAT,
    version: VERSION,
    provenance: provenance ?? {},
    layout: layout.blocks.map(({ layer, kind, count, cost }) => ({ layer, kind, count, cost })),
    mask: toBase64(packBits(mask)),
    ...(scales ? { scales: toBase64(packFloats(scales.filter((_, unit) => mask[unit] !== 0))) } : {}),
    ...(scores ? { scores: toBase64(packFloats(scores)) } : {}),
  };
  return new TextEncoder().encode(`${JSON.stringify(file, undefined, 1)}\n`);
}

/**
 * Decodes a mask file of {@link encodeMask}.
 *
 * @param layout the layout of the model. A mask for another layout is refused.
 * @throws {MaskFileError} if the file is damaged, of another version, or for another layout.
 */
export function decodeMask(bytes: Uint8Array, layout?: Layout): PrunedUnits {
  const { format, version, layout: blocks, mask: bits, scales, scores, provenance } = parse(bytes);
  if (format !== FORMAT)
    throw new MaskFileError('This is not a mask file: its "format" is not "grasp-mask".');
  if (version === undefined) {
    throw new MaskFileError('The mask file has no version. It is damaged: make it again, or copy it again.');
  }
  if (version !== VERSION) {
    throw new MaskFileError(
      `The mask file has version ${version}; this release reads version ${VERSION}. Use the release that wrote it.`,
    );
  }
  const own = layoutOf(blocks);
  if (layout && !sameLayout(own, layout)) {
    throw new MaskFileError(
      `The mask file is for a model with ${own.blocks.length} blocks and ${own.size} units; this model has ` +
        `${layout.blocks.length} and ${layout.size}, or other blocks. Use the model that the mask was made for.`,
    );
  }
  const mask = unpackBits(bytesOf(bits, 'mask'), own.size);
  return {
    layout: own,
    mask,
    ...(scales === undefined ? {} : { scales: unpackScales(bytesOf(scales, 'scales'), mask) }),
    ...(scores === undefined ? {} : { scores: unpackScores(bytesOf(scores, 'scores'), own.size) }),
    provenance: isObject(provenance) ? provenance : {},
  };
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  let file: unknown;
  try {
    file = parseJson(new TextDecoder().decode(bytes));
  } catch {
    throw new MaskFileError('The mask file is not JSON. It may be truncated.');
  }
  if (!isObject(file)) throw new MaskFileError('This is not a mask file: it is not a JSON object.');
  return file;
}

function layoutOf(blocks: unknown): Layout {
  if (!Array.isArray(blocks)) throw new MaskFileError('The mask file has no layout.');
  try {
    return createLayout(
      blocks.map((block: unknown) => {
        const { layer, kind, count, cost } = isObject(block) ? block : {};
        return { layer: Number(layer), kind: String(kind), count: Number(count), cost: Number(cost) };
      }),
    );
  } catch (error) {
    throw new MaskFileError('The mask file has no valid layout.', { cause: error });
  }
}

function bytesOf(text: unknown, field: string): Uint8Array {
  try {
    return fromBase64(String(text));
  } catch {
    throw new MaskFileError(`The mask file's "${field}" is not base64.`);
  }
}

function packBits(mask: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  for (let unit = 0; unit < mask.length; unit++) if (mask[unit] !== 0) bytes[unit >> 3]! |= 1 << (unit & 7);
  return bytes;
}

function unpackBits(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== Math.ceil(size / 8)) {
    throw new MaskFileError(
      `The mask file's mask has ${bytes.length} bytes; its layout needs ${Math.ceil(size / 8)}.`,
    );
  }
  const mask = new Uint8Array(size);
  for (let unit = 0; unit < size; unit++) mask[unit] = (bytes[unit >> 3]! >> (unit & 7)) & 1;
  return mask;
}

function packFloats(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return bytes;
}

function unpackScales(bytes: Uint8Array, mask: Uint8Array): Float32Array {
  const kept = mask.reduce((sum, bit) => sum + bit, 0);
  if (bytes.length !== kept * 4) {
    throw wrongNumber('scales', bytes, `${kept} kept units`);
  }
  const values = unpackFloats(bytes);
  let at = 0;
  return Float32Array.from(mask, (bit) => (bit === 0 ? 0 : values[at++]!));
}

function unpackScores(bytes: Uint8Array, size: number): Float32Array {
  if (bytes.length !== size * 4) {
    throw wrongNumber('scores', bytes, `${size} units`);
  }
  return unpackFloats(bytes);
}

/** The error about an entry that does not hold one number for each unit. */
function wrongNumber(entry: string, { length }: Uint8Array, units: string): MaskFileError {
  const found =
    length % 4 === 0
      ? `it has ${length / 4} numbers`
      : `its ${length} bytes are not those of float32 numbers`;
  return new MaskFileError(
    `The mask file's entry "${entry}" is damaged: ${found}, for ${units}. Make the file again, or copy it again.`,
  );
}

function unpackFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
