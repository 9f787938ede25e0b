import {
  type Checkpoint,
  checkGgufHeader,
  type GgufFileType,
  InexpressibleModelError,
  type TensorProgress,
  writeGgufFile,
} from '@grasp/checkpoint';
import {
  checkWeights,
  type DecoderCheckpoint,
  type DecoderConfig,
  decoderConfig,
  openDecoderCheckpoint,
} from '@grasp/decoder';
import { assertFree, FileWriteError } from '@grasp/files';
import { originOf } from '../card/licence.js';
import { type ShorterModel, withoutEmptyLayers } from '../without-empty-layers.js';
import { fallbackWarning } from './fallback-warning.js';
import { ggufModel } from './gguf-model.js';
import { type GgufSummary, ggufSummary } from './gguf-summary.js';
import { type ModelLayout, modelLayout } from './model-layout.js';
import { plannedTensors } from './planned-tensors.js';

export interface WriteGgufOptions {
  /**
   * What most matrices are. Vectors stay float32. K-quants have llama.cpp's mixture, and its substitutes for rows that are
   * no whole blocks of 256. Rows that are no whole blocks of 32 stay float16.
   */
  readonly type: GgufFileType;
  /**
   * Importance of the input columns of matrices, by Hugging Face name: usually the mean square of the activations that a
   * column meets. K-quants use it, as llama.cpp uses an importance matrix.
   */
  readonly importance?: ReadonlyMap<string, Float32Array>;
  /** What runtimes call the model. */
  readonly name?: string;
  /** Replace a file of that name. Default false. */
  readonly overwrite?: boolean;
  /** Called after each tensor is written. */
  readonly onTensor?: (progress: TensorProgress) => void;
  /** Called with a sentence before anything is written, if rows of some matrices are no whole blocks of their type. */
  readonly onWarning?: (warning: string) => void;
}

/**
 * Writes a checkpoint, dense or pruned, as a GGUF file for stock llama.cpp: in the architecture of the model, or in one
 * that computes the same and whose layers may differ (see `modelLayout`). Layers without attention and FFN are left out.
 * One tensor is in memory at a time. The file appears under its name when it is complete, on the disk, and verified by
 * reading it back.
 *
 * @param file path that ends in `.gguf`
 * @returns what the file holds beside the model, and in other types than asked for
 * @throws InexpressibleModelError for what llama.cpp has no place for; FileWriteError (`in-use` while another process
 *   writes the file); NarrowingOverflowError; UnsupportedModelError, ModelConfigError, WeightShapeError; what reading
 *   the checkpoint throws
 */
export async function writeGguf(
  given: Checkpoint,
  file: string,
  { importance, overwrite = false, onTensor, onWarning, ...about }: WriteGgufOptions,
): Promise<GgufSummary> {
  const { decoder, layout, header, tensorsBy } = await planned(given, file, { ...about, overwrite });
  const tensors = tensorsBy(importance);
  await writeGgufFile(
    file,
    { ...header, tensors },
    {
      overwrite,
      ...(onTensor ? { onTensor } : {}),
      onFallback: (matrices) => onWarning?.(fallbackWarning(matrices)),
      check: ({ config }) => {
        if (shapeOf(decoderConfig(config)) === shapeOf({ ...decoder, layers: layout.layers })) return;
        throw new FileWriteError(file, 'verify', 'its config differs on reading back.');
      },
    },
  );
  return ggufSummary(decoder, layout, header.model, tensors, about.type);
}

/**
 * Checks whether `writeGguf` can write a checkpoint, without reading weights: for programs that work before they write.
 *
 * @returns what is known of the file before that
 * @throws as `writeGguf`, unless weights or the disk cause it
 */
export async function checkGguf(
  given: Checkpoint,
  file: string,
  options: Pick<WriteGgufOptions, 'type' | 'overwrite'>,
): Promise<Pick<GgufSummary, 'contextLength'>> {
  const { header, tensorsBy } = await planned(given, file, options);
  tensorsBy();
  await checkGgufHeader(header);
  return { contextLength: header.model.contextLength };
}

/**
 * Checks whether a file may have a name, before its model is there.
 *
 * @throws FileWriteError: `input` if the name does not end in `.gguf`, `overwrite` if a file has it and may not be replaced
 */
export async function checkGgufName(
  file: string,
  { overwrite = false }: Pick<WriteGgufOptions, 'overwrite'>,
): Promise<void> {
  if (!/\.gguf$/i.test(file)) throw new FileWriteError(file, 'input', 'its name must end in ".gguf".');
  await assertFree(file, { overwrite });
}

/** All that a file will hold. No weight is read. */
async function planned(
  given: Checkpoint,
  file: string,
  { type, name, overwrite = false }: Pick<WriteGgufOptions, 'type' | 'name' | 'overwrite'>,
) {
  await checkGgufName(file, { overwrite });
  const whole = await openDecoderCheckpoint(given);
  checkWeights(whole, whole.decoder); // before a gigabyte of them is read
  const { checkpoint, layout, originalName } = smallestModel(whole);
  const { decoder } = checkpoint;
  const header = {
    model: ggufModel(decoder, layout.architecture, layout.layers),
    about: { type, name, ...(await originOf(checkpoint)) },
    tokenizer: checkpoint,
  };
  const tensorsBy = (importance?: WriteGgufOptions['importance']) =>
    plannedTensors(checkpoint, decoder, layout, (tensor) => importance?.get(originalName(tensor)));
  return { decoder, layout, header, tensorsBy };
}

/** The model without its empty layers, unless llama.cpp, which counts windows from the first layer, has none like it. */
function smallestModel(whole: DecoderCheckpoint): ShorterModel & { readonly layout: ModelLayout } {
  const shorter = withoutEmptyLayers(whole, 'GGUF');
  try {
    return { ...shorter, layout: modelLayout(shorter.checkpoint, shorter.checkpoint.decoder) };
  } catch (error) {
    if (shorter.checkpoint === whole || !(error instanceof InexpressibleModelError)) throw error;
    return { checkpoint: whole, originalName: (name) => name, layout: modelLayout(whole, whole.decoder) };
  }
}

const shapeOf = ({ layers, hiddenSize, vocabSize, headDim }: DecoderConfig): string =>
  JSON.stringify([layers, hiddenSize, vocabSize, headDim]);
