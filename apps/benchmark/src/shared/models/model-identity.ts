import { createHash } from 'node:crypto';
import type { Checkpoint } from '@grasp/checkpoint';

/**
 * Hash that identifies a model, as 16 hex digits. To avoid reading the whole model, it covers the config, all tensor
 * names, shapes and dtypes, the values of all vectors, and those of the smallest matrix.
 */
export async function modelIdentity(checkpoint: Checkpoint): Promise<string> {
  const infos = [...checkpoint.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify([checkpoint.config, infos]));
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const [smallest] = infos
    .filter(({ shape }) => shape.length > 1)
    .sort((a, b) => size(a.shape) - size(b.shape));
  const sampled = infos.filter((info) => info.shape.length === 1 || info === smallest);
  for (const { name } of sampled) {
    const { data } = await checkpoint.read(name);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
