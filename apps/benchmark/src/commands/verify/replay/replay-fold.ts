import { type Checkpoint, toFloat32 } from '@grasp/checkpoint';
import { type Decoder, loadDecoder } from '@grasp/decoder';
import { scalesFromScores } from '@grasp/fold';
import { type Engine, prunedView } from '@grasp/prune';
import { compare, type Finding, worst } from '../finding.js';
import type { Reference } from '../reference/reference-folder.js';
import { ReferenceFormatError } from '../reference/reference-format-error.js';
import { unitVector } from '../reference/units.js';
import { tolerances } from '../tolerances.js';

/** Compares every folded tensor. Throws if one side has a tensor that the other lacks. */
async function compareWeights(view: Checkpoint, { pruned }: Reference): Promise<Finding> {
  const [ours, theirs] = [[...view.tensors.keys()].sort(), [...pruned.tensors.keys()].sort()];
  if (ours.join() !== theirs.join()) {
    const apart = [...ours.filter((n) => !theirs.includes(n)), ...theirs.filter((n) => !ours.includes(n))];
    throw new ReferenceFormatError(pruned.path, `these tensors exist on one side only: ${apart.join(', ')}`);
  }
  const findings: Finding[] = [];
  for (const name of ours) {
    const expected = await pruned.read(name);
    const actual = await view.read(name);
    if (expected.dtype !== 'F32' || expected.shape.join() !== actual.shape.join()) {
      const found = `${expected.dtype} [${expected.shape}]`;
      throw new ReferenceFormatError(
        pruned.path,
        `${name} is ${found}, but the fold gives [${actual.shape}]`,
      );
    }
    findings.push(compare('folded weights', toFloat32(actual), expected.data, tolerances.weights));
  }
  return worst(findings);
}

/** Counts the layers whose widths differ from pruned_meta.json. */
function compareShapes({ config }: Decoder, { prunedShapes: { layers } }: Reference): Finding {
  const apart = config.layers.filter(({ channels, kvHeads }, layer) => {
    const expected = layers[layer];
    return (
      expected?.ffn_intermediate_size !== channels ||
      expected.num_key_value_heads !== kvHeads ||
      expected.num_heads !== kvHeads * config.queriesPerKvHead ||
      expected.head_dim !== config.headDim
    );
  });
  const extra = Math.abs(layers.length - config.layers.length);
  return { quantity: 'layer shapes', largest: apart.length + extra, allowed: 0, measure: 'units' };
}

/** Folds the trace's final mask and scales into the weights, and compares weights, shapes and logits. */
export async function replayFold(reference: Reference, decoder: Decoder, engine: Engine): Promise<Finding[]> {
  const { trace, checkpoint, batchAt } = reference;
  const mask = Uint8Array.from(unitVector(trace.gates.final_masks));
  const scales = scalesFromScores(unitVector(trace.rescale.final_scores), mask, trace.settings.alpha);
  const gated = await decoder.under({ gates: scales }).logits(batchAt(0));
  const view = prunedView(checkpoint, mask, scales);
  const folded = await loadDecoder(view, { runtime: engine.runtime });
  try {
    const logits = await folded.under().logits(batchAt(0));
    const expected = await reference.logits('folded_logits_batch0');
    return [
      compare(
        'gated logits',
        gated,
        await reference.logits('masked_scaled_logits_batch0'),
        tolerances.logits,
      ),
      await compareWeights(view, reference),
      compareShapes(folded, reference),
      compare('folded logits', logits, expected, tolerances.logits),
      compare('folded against gated logits', logits, gated, tolerances.logits),
    ];
  } finally {
    folded.dispose();
  }
}
