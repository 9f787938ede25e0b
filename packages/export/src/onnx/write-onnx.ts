import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Checkpoint, stringifyLike, type TensorProgress } from '@grasp/checkpoint';
import {
  checkWeights,
  type DecoderCheckpoint,
  type DecoderConfig,
  openDecoderCheckpoint,
} from '@grasp/decoder';
import { claimOutputFolder, FileWriteError, replaceFile } from '@grasp/files';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import { withoutCode } from '../transformers/without-code.js';
import { withoutEmptyLayers } from '../without-empty-layers.js';
import { dataFiles, placeWeights, writeDataFiles } from './data-files.js';
import { decoderGraph } from './decoder-graph.js';
import { encodeModel } from './model-file.js';
import { onnxConfig } from './onnx-config.js';

/** The types of {@link writeOnnx}. */
export const ONNX_TYPES = ['f32', 'f16'] as const;
export type OnnxType = (typeof ONNX_TYPES)[number];

export interface WriteOnnxOptions {
  /**
   * `f16`: matrices, their products, and cached keys and values are float16; norms, softmax, sums and logits stay float32.
   * Default `f32`.
   */
  readonly type?: OnnxType;
  /** Replace an earlier output. Default false. */
  readonly overwrite?: boolean;
  /** Called after each tensor is written. */
  readonly onTensor?: (progress: TensorProgress) => void;
  /** Called with a sentence before anything is written, if a cache serves texts up to some length only. */
  readonly onWarning?: (warning: string) => void;
}

/** The types by the names of transformers and transformers.js, and the model files that the latter asks for. */
const NAMES = {
  f32: { dtype: 'float32', name: 'fp32', file: 'model.onnx', products: 'FLOAT' },
  f16: { dtype: 'float16', name: 'fp16', file: 'model_fp16.onnx', products: 'FLOAT16' },
} as const;

/** What a folder has beside the files of the checkpoint. */
const OWN_FILES = ['', '.', '..', 'onnx', 'config.json'];

/**
 * Writes a checkpoint, dense or pruned, as an ONNX model of standard operators, in the folder that optimum and
 * transformers.js expect: `onnx/model.onnx` with its weights in `onnx/model.onnx_data`, and config.json, tokenizer and
 * generation_config.json beside. Layers without attention and FFN are left out. One tensor is in memory at a time. The
 * folder has its name when it is complete, on the disk, and read back.
 *
 * @throws InexpressibleModelError for a bias of a sublayer that was removed; FileWriteError; NarrowingOverflowError;
 *   UnsupportedModelError, ModelConfigError, WeightShapeError; what reading the checkpoint throws
 */
export async function writeOnnx(
  given: Checkpoint,
  path: string,
  { type = 'f32', overwrite = false, onTensor, onWarning }: WriteOnnxOptions = {},
): Promise<void> {
  const whole = await openDecoderCheckpoint(given);
  checkWeights(whole, whole.decoder); // before a gigabyte of them is read
  for (const reason of whole.absent?.values() ?? []) throw reason;
  const { checkpoint } = withoutEmptyLayers(whole, 'ONNX');
  tensorsOfRemovedParts(checkpoint, checkpoint.decoder, 'ONNX'); // refuses a bias that would still be added
  const warning = cacheWarning(checkpoint.decoder);
  if (warning !== undefined) onWarning?.(warning);
  const output = await claimOutputFolder(path, { overwrite });
  try {
    await writeInto(output.work, checkpoint, type, onTensor);
    await output.commit();
  } catch (error) {
    await output.discard().catch(() => {}); // the first error is the one to report
    throw error;
  }
}

async function writeInto(
  folder: string,
  checkpoint: DecoderCheckpoint,
  type: OnnxType,
  onTensor: WriteOnnxOptions['onTensor'],
): Promise<void> {
  const { dtype, name: runtimeType, file, products } = NAMES[type];
  const graph = decoderGraph(checkpoint, products);
  const places = placeWeights(graph.weights, file);
  const inner = join(folder, 'onnx');
  await mkdir(inner);
  await writeDataFiles(inner, places, onTensor);
  await replaceFile(join(inner, file), encodeModel(graph, places));
  for (const { name, read } of withoutCode(checkpoint.files)) {
    if (name.endsWith('.py')) continue;
    if (basename(name) !== name || OWN_FILES.includes(name)) {
      throw new FileWriteError(
        folder,
        'input',
        `the file ${JSON.stringify(name)} has no place beside the model.`,
      );
    }
    await replaceFile(join(folder, name), await read());
  }
  const runtime = { dtype: runtimeType, use_external_data_format: { [file]: dataFiles(places).length } };
  const config = onnxConfig(checkpoint, checkpoint.decoder, dtype, runtime);
  await replaceFile(join(folder, 'config.json'), `${stringifyLike(config, checkpoint.configText)}\n`);
}

/** LongRoPE turns all keys of a longer text in another way. A cache has those of the shorter one. */
function cacheWarning({ attention, contextLength }: DecoderConfig): string | undefined {
  const lengths = attention.flatMap(({ rotary }) =>
    rotary?.scaling === 'longrope' ? [rotary.originalContextLength] : [],
  );
  const shortest = Math.min(...lengths);
  if (shortest >= contextLength) return undefined;
  return (
    `In texts of more than ${shortest} tokens, positions of this model have other frequencies. ` +
    'If a text grows beyond that while it is generated, read it again from its start, without the cache.'
  );
}
