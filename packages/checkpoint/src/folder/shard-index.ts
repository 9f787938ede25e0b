import { isObject } from '../bytes/json.js';
import { CheckpointFormatError } from '../errors.js';

/**
 * The file names that an index names, once each. A name is a plain file in the checkpoint's own folder: anything
 * with a separator, a drive, or a parent is refused, so that an index cannot make us read elsewhere.
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
