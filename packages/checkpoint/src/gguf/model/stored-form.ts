import { elementCount, type TensorData } from '../../checkpoint.js';
import { toFloat32 } from '../../dtypes/convert.js';
import type { GgufArchitecture } from '../architectures/architecture.js';
import { pairRotaryRows, unpairRotaryRows } from '../rotary/rotary-rows.js';

type Form = Pick<GgufArchitecture, 'pairedRows' | 'normOffset'>;

/** Whether rotary embeddings rotate the rows of a tensor, by its Hugging Face name: weights and biases of q and k. */
export function hasRotaryRows(name: string): boolean {
  return /\.self_attn\.[qk]_proj\.(weight|bias)$/.test(name);
}

/** Whether a tensor is the weight of a norm, by its Hugging Face name. */
export const isNorm = (name: string) => /norm\.weight$/.test(name);

/**
 * A tensor of a Hugging Face folder as a GGUF file of an architecture stores it: q and k with rows in rotary pairs, norms
 * with the offset that llama.cpp does not add.
 *
 * @param name in the folder
 */
export function toStoredForm(form: Form, name: string, tensor: TensorData, headDim: number): TensorData {
  if (form.pairedRows && hasRotaryRows(name)) return reordered(tensor, headDim, pairRotaryRows);
  return form.normOffset && isNorm(name) ? shifted(tensor, form.normOffset) : tensor;
}

/** Undoes `toStoredForm`. */
export function fromStoredForm(form: Form, name: string, tensor: TensorData, headDim: number): TensorData {
  if (form.pairedRows && hasRotaryRows(name)) return reordered(tensor, headDim, unpairRotaryRows);
  return form.normOffset && isNorm(name) ? shifted(tensor, -form.normOffset) : tensor;
}

function reordered(tensor: TensorData, headDim: number, reorder: typeof pairRotaryRows): TensorData {
  const columns = elementCount(tensor.shape.slice(1));
  return tensor.dtype === 'F32'
    ? { ...tensor, data: reorder(tensor.data, headDim, columns) }
    : { ...tensor, data: reorder(tensor.data, headDim, columns) };
}

function shifted(tensor: TensorData, offset: number): TensorData {
  return { dtype: 'F32', shape: tensor.shape, data: toFloat32(tensor).map((weight) => weight + offset) };
}
