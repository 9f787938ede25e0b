import {
  type Checkpoint,
  type GgufTensor,
  ggufName,
  huggingFaceNames,
  InexpressibleModelError,
  type TensorData,
  toStoredForm,
} from '@grasp/checkpoint';
import { type DecoderConfig, type ExpectedTensor, expectedTensors, joinRows } from '@grasp/decoder';
import { tensorsOfRemovedParts } from '../removed-parts.js';
import { type ModelLayout, storedTied } from './model-layout.js';
import { padTensor } from './pad-tensor.js';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

/**
 * Every tensor of the file, in order and in its stored shape.
 *
 * @throws InexpressibleModelError for a bias of a layer part that was removed, and a tensor without a place in the file
 */
export function plannedTensors(
  checkpoint: Checkpoint,
  decoder: DecoderConfig,
  { architecture, layers }: ModelLayout,
  importance: (tensor: string) => Float32Array | undefined = () => undefined,
): GgufTensor[] {
  tensorsOfRemovedParts(checkpoint, decoder, 'GGUF'); // refuses a bias that would still be added
  const tiedHead = storedTied(architecture, decoder);
  /** The tensors of the folder that each tensor of the file holds. */
  const groups = new Map<string, ExpectedTensor[]>();
  for (const tensor of expectedTensors({ ...decoder, layers, tiedHead })) {
    if (tensor.optional && !checkpoint.tensors.has(tensor.name)) continue;
    const name = ggufName(tensor.name, architecture);
    if (name === undefined) {
      const what = `tensor ${tensor.name}, in its architecture ${architecture.name}`;
      throw new InexpressibleModelError(
        checkpoint.source,
        'GGUF',
        what,
        'Export a Hugging Face folder instead.',
      );
    }
    groups.set(name, [...(groups.get(name) ?? []), tensor]);
  }
  const read = async ({ name, shape }: ExpectedTensor): Promise<TensorData> => {
    const source = name === HEAD && decoder.tiedHead ? EMBEDDING : name;
    const tensor = checkpoint.tensors.has(source) ? await checkpoint.read(source) : undefined;
    return toStoredForm(architecture, name, padTensor(tensor, shape), decoder.headDim);
  };
  const importanceOf = ({ name, shape }: ExpectedTensor): Float32Array | undefined => {
    const given = importance(name);
    const columns = checkpoint.tensors.get(name)?.shape.at(-1);
    if (given !== undefined && columns !== undefined && given.length !== columns) {
      throw new RangeError(`${name} has ${columns} columns, and ${given.length} values of importance.`);
    }
    return given && padded(given, shape.at(-1)!);
  };
  return [...groups].map(([name, tensors]) => {
    const order = huggingFaceNames(name, architecture)!;
    tensors.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    const [, ...rest] = tensors[0]!.shape;
    return {
      name,
      shape: [tensors.reduce((rows, { shape }) => rows + shape[0]!, 0), ...rest],
      isHead: name === ggufName(tiedHead ? EMBEDDING : HEAD, architecture),
      importance: importanceOf(tensors[0]!), // of the input, which all parts share
      async read() {
        const parts: TensorData[] = [];
        for (const tensor of tensors) parts.push(await read(tensor));
        return parts.length === 1 ? parts[0]! : joinRows(parts);
      },
    };
  });
}

/** Columns of zeros that are added to a matrix have no importance. */
function padded(importance: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(columns);
  out.set(importance);
  return out;
}
