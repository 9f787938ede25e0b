import { isObject } from '../bytes/json.js';
import { CheckpointFormatError } from '../errors.js';

/**
 * The file names in an index, once each. A name must be a plain file name: one with a separator, a drive or a parent is
 * refused, because it could lead out of the checkpoint's folder.
 *
 * @throws CheckpointFormatError
 */
export function shardNames(index: Readonly<Record<string, unknown>>, file: string): readonly string[] {
  const map = index.weight_map;
  if (!isObject(map)) throw new CheckpointFormatError(file, 'it has no weight_map');
  const names = new Set<string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !isPlainShardName(shard)) {
      const shown = typeof shard === 'string' ? JSON.stringify(shard.slice(0, 80)) : typeof shard;
      throw new CheckpointFormatError(
        file,
        `tensor ${JSON.stringify(tensor)} points to ${shown}, which is not a .safetensors file in the same folder`,
      );
    }
    names.add(shard);
  }
  if (names.size === 0) throw new CheckpointFormatError(file, 'its weight_map is empty');
  return [...names];
}

function isPlainShardName(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z0-9_][A-Za-z0-9_.\- ]*\.safetensors$/.test(name);
}
