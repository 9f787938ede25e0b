import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { decoderCheckpoint } from '@grasp/decoder';
import { fixtureFolder, fixtureNames } from '../../decoder/test/architecture-fixtures.js';
import { type Keep, masks, prunedBy } from './made-up-model.js';

/** The models that ONNX Runtime is compared on: all, since no architecture is refused. */
export const onnxModelNames = fixtureNames;

const about = masks['about half']!;
/** Layers that differ. The last has no FFN; of more than two, the second has no attention. */
const uneven =
  (layers: number): Keep =>
  (layer, kind, ...rest) =>
    !(layers > 2 && layer === 1 && kind === 'kv') &&
    !(layer === layers - 1 && kind === 'ffn') &&
    about(layer, kind, ...rest);

/** One of the models, as it is or pruned so that its layers differ. The caller closes it. */
export async function onnxTestModel(name: string, layers: 'dense' | 'uneven'): Promise<Checkpoint> {
  const dense = await openCheckpoint(fixtureFolder(name));
  if (layers === 'dense') return dense;
  const model = decoderCheckpoint(dense);
  const { groupGate, biases } = model.decoder;
  const fixed = biases.some((bias) => bias === 'o' || bias === 'down'); // a removed sublayer would still add it
  const keep = fixed ? about : uneven(model.decoder.layers.length);
  return prunedBy(
    model,
    (layer, kind, ...rest) => (kind === 'kv' && groupGate === 'none') || keep(layer, kind, ...rest),
  );
}
