import { type Checkpoint, InexpressibleModelError } from '@grasp/checkpoint';
import type { DecoderConfig } from '@grasp/decoder';

/**
 * The tensors that an attention or FFN without units still has: norms of queries and keys, which have no effect.
 *
 * @throws InexpressibleModelError for a bias, which would still be added: no runtime has such a layer
 */
export function tensorsOfRemovedParts(
  checkpoint: Checkpoint,
  { layers }: DecoderConfig,
  target: InexpressibleModelError['target'],
): ReadonlySet<string> {
  const unused = new Set<string>();
  for (const name of checkpoint.tensors.keys()) {
    const match = /^model\.layers\.(\d+)\.(self_attn|mlp)\./.exec(name);
    const shape = match ? layers[Number(match[1])] : undefined;
    if (!match || !shape || (match[2] === 'mlp' ? shape.channels : shape.kvHeads) > 0) continue;
    if (name.endsWith('.bias')) {
      throw new InexpressibleModelError(
        checkpoint.source,
        target,
        `${name} of a layer whose ${match[2]} was removed`,
        'Keep at least one unit in each block.',
      );
    }
    unused.add(name);
  }
  return unused;
}
