import { createHash } from 'node:crypto';
import type { Checkpoint } from '@grasp/checkpoint';

/**
 * Hash that tells one model from another without reading it whole: config, names and shapes, all vectors, and its
 * smallest matrix.
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
