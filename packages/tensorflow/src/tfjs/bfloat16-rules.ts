import type { NamedAttribute } from '../c-api/attributes.js';
import { DT } from '../c-api/data-types.js';
import type { OpSchema } from '../c-api/op-schema.js';
import { invalidArgument } from '../c-api/status.js';
import type { TensorStore } from '../eager/tensor-store.js';
import { TensorFlowOpError } from '../errors.js';

/** Operations that move elements and do not compute with them. */
const movesOnly = new Set([
  'ConcatV2',
  'ExpandDims',
  'GatherNd',
  'GatherV2',
  'Identity',
  'Pack',
  'Reshape',
  'ReverseV2',
  'Slice',
  'Split',
  'SplitV',
  'Squeeze',
  'StridedSlice',
  'Tile',
  'Transpose',
  'Unpack',
]);

/**
 * The attributes to use in place of those that tfjs gives. tfjs takes a bfloat16 tensor for float32. An operation that
 * only moves elements gets the type from its inputs instead, and keeps bfloat16.
 */
export function attributesToUse(
  schema: OpSchema,
  attrs: readonly NamedAttribute[],
): readonly NamedAttribute[] {
  return movesOnly.has(schema.name) ? attrs.filter((attr) => !schema.inferred.has(attr.name)) : attrs;
}

/**
 * Refuses a bfloat16 input of an operation that tfjs runs in float32. TensorFlow refuses it too, except for MatMul,
 * where oneDNN would silently lose precision.
 *
 * @throws TensorFlowOpError
 */
export function refuseBfloat16(
  schema: OpSchema,
  attrs: readonly NamedAttribute[],
  inputs: readonly number[],
  tensors: TensorStore,
): void {
  if (!attrs.some(({ name, value }) => value === DT.float && schema.inferred.has(name))) return;
  const index = inputs.findIndex((id) => tensors.get(id).dtype === DT.bfloat16);
  if (index < 0) return;
  throw new TensorFlowOpError(
    schema.name,
    invalidArgument,
    `input ${index} is bfloat16, but tfjs runs this operation in float32. Use tensorFlow.matMul for products, or ` +
      'convert the input with fromBfloat16.',
  );
}
