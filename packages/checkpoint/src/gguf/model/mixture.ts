import type { GgufArchitecture } from '../architectures/architecture.js';
import { GGML_TYPES } from '../quantized/types.js';
import { type GgufFileType, matrixType, type StoredType } from './file-type.js';
import type { GgufLayer } from './write-model.js';

/** A tensor whose type is chosen. */
export interface MixtureTensor {
  /** Its GGUF name. */
  readonly name: string;
  /** `[rows, columns]`, or `[length]` for a vector. */
  readonly shape: readonly number[];
  /** Whether it computes the logits. */
  readonly isHead: boolean;
}

/** What of a model the choice depends on. */
interface MixtureModel {
  readonly architecture: Pick<GgufArchitecture, 'name'>;
  readonly layers: readonly Pick<GgufLayer, 'heads' | 'kvHeads'>[];
}

/** The type a matrix gets, and the one it would have if its rows were whole blocks of it. */
export interface ChosenType {
  readonly type: StoredType;
  readonly wanted: StoredType;
}

/** Types with blocks of 32 for rows that are no whole super-blocks of 256. */
const WITH_SMALL_BLOCKS: Readonly<Partial<Record<StoredType, StoredType>>> = {
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

/**
 * The type of each tensor of a file. Vectors (norms, biases) stay float32. Matrices whose rows are no whole blocks of any
 * type stay float16.
 *
 * For K-quants, the mixture of llama.cpp (`llama_tensor_get_type_impl`): the matrix that computes the logits is Q6_K. The
 * `_m` mixtures also give Q6_K to the value and down projections of some layers. In Q4_0 files, eight bits are for the
 * matrix that computes the logits.
 *
 * @param tensors in the order of the layers
 */
export function chosenTypes(
  file: GgufFileType,
  tensors: readonly MixtureTensor[],
  model: MixtureModel,
): ChosenType[] {
  const base = matrixType(file);
  const values = tensors.filter(({ name }) => isPart(name, 'attn_v')).length;
  let [value, down] = [0, 0];
  const wantedType = ({ name, shape, isHead }: MixtureTensor): StoredType => {
    if (shape.length < 2) return 'F32';
    if (isHead) return headType(file, base, shape[1]!);
    const mixed = file === 'q4_k_m' || file === 'q5_k_m';
    if (mixed && isPart(name, 'attn_qkv')) return file === 'q4_k_m' ? 'Q5_K' : 'Q6_K';
    if (mixed && isPart(name, 'attn_v')) {
      if (getsMoreBits(value++, values)) return 'Q6_K';
      return isLlama70b(model) ? 'Q5_K' : base;
    }
    if (mixed && isPart(name, 'ffn_down') && getsMoreBits(down++, model.layers.length)) return 'Q6_K';
    return base;
  };
  return tensors.map((tensor) => {
    const wanted = wantedType(tensor);
    return { wanted, type: fittingType(wanted, tensor.shape) };
  });
}

const isPart = (name: string, part: string): boolean => name.endsWith(`.${part}.weight`);

function headType(file: GgufFileType, base: StoredType, columns: number): StoredType {
  if (file === 'q4_0') return 'Q8_0';
  if (GGML_TYPES[base].blockSize !== 256) return base;
  return columns % 256 === 0 ? 'Q6_K' : 'Q8_0';
}

/** The first and last eighth of the layers, and every third between them. */
function getsMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** llama.cpp takes a model of 80 layers for LLaMA-2 70B, where eight heads share a value projection. */
function isLlama70b({ architecture, layers }: MixtureModel): boolean {
  const { name } = architecture;
  if (layers.length !== 80) return false;
  return name === 'qwen2' || name === 'deci' || (name === 'llama' && layers[0]!.heads !== layers[0]!.kvHeads);
}

function fittingType(wanted: StoredType, shape: readonly number[]): StoredType {
  const fits = (type: StoredType) => shape.at(-1)! % GGML_TYPES[type].blockSize === 0;
  if (shape.length < 2 || fits(wanted)) return wanted;
  const other = WITH_SMALL_BLOCKS[wanted];
  return other !== undefined && fits(other) ? other : 'F16';
}
