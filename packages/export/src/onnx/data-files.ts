import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TensorProgress, updateHash } from '@grasp/checkpoint';
import { FileWriteError, replaceFileWith } from '@grasp/files';
import type { WeightPlace } from './model-file.js';
import { type OnnxWeight, weightBytes } from './onnx-graph.js';

/** Weights begin at multiples of this, a page of memory, so that a runtime can map them. */
const PAGE = 4096;
/** A browser has no larger array. */
const MOST_BYTES = 2 ** 31 - 1;
/** Bytes of a file that are read back at a time. */
const CHUNK_BYTES = 2 ** 24;

/**
 * Gives each weight a place in data files beside a model file, by the names that transformers.js asks for:
 * `model.onnx_data`, `model.onnx_data_1`, … A file is as large as a browser can read, and holds one weight at least.
 */
export function placeWeights(
  weights: readonly OnnxWeight[],
  modelFile: string,
  mostBytes = MOST_BYTES,
): WeightPlace[] {
  let [files, end] = [1, 0];
  return weights.map((weight) => {
    let offset = PAGE * Math.ceil(end / PAGE);
    if (offset > 0 && offset + weightBytes(weight) > mostBytes) {
      files++;
      offset = 0;
    }
    end = offset + weightBytes(weight);
    return { weight, file: `${modelFile}_data${files === 1 ? '' : `_${files - 1}`}`, offset };
  });
}

/** The names of the data files. */
export const dataFiles = (places: readonly WeightPlace[]): string[] => [
  ...new Set(places.map(({ file }) => file)),
];

/**
 * Writes the data files, one weight in memory at a time, and reads each back.
 *
 * @throws FileWriteError; what reading a weight throws
 */
export async function writeDataFiles(
  folder: string,
  places: readonly WeightPlace[],
  onTensor?: (progress: TensorProgress) => void,
): Promise<void> {
  let done = 0;
  for (const file of dataFiles(places)) {
    const path = join(folder, file);
    const hash = createHash('sha256');
    await replaceFileWith(
      path,
      async (draft) => {
        let end = 0;
        const append = async (data: ArrayBufferView) => {
          updateHash(hash, data);
          await draft.append(data);
          end += data.byteLength;
        };
        for (const { weight, offset } of places.filter((place) => place.file === file)) {
          await append(new Uint8Array(offset - end));
          const data = await weight.read();
          const bytes = data.byteLength;
          if (bytes !== weightBytes(weight)) {
            const detail = `tensor ${weight.name} came with ${bytes} bytes, not ${weightBytes(weight)}.`;
            throw new FileWriteError(path, 'input', detail);
          }
          await append(data);
          onTensor?.({ stage: 'write', name: weight.name, done: ++done, total: places.length, bytes });
        }
      },
      { verify: (draft) => verify(draft, path, hash.digest('hex')) },
    );
  }
}

/** @throws FileWriteError if a file has other content than was written */
async function verify(draft: string, path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  const handle = await open(draft);
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
  if (hash.digest('hex') !== expected) {
    const detail = 'its content differs on reading back. The disk or its driver may be faulty.';
    throw new FileWriteError(path, 'verify', detail);
  }
}
