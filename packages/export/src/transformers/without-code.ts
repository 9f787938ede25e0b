import { type CheckpointFile, stringifyLike } from '@grasp/checkpoint';
import { parseJson } from '@grasp/files';
import { without } from './ordinary-config.js';

/** Removes references to code, which is not copied, and which transformers would fetch from the Hub. */
export function withoutCode(files: readonly CheckpointFile[]): readonly CheckpointFile[] {
  return files.map((file) =>
    file.name === 'tokenizer_config.json'
      ? { name: file.name, read: async () => withoutAutoMap(await file.read()) }
      : file,
  );
}

function withoutAutoMap(json: Uint8Array): Uint8Array {
  let config: unknown;
  try {
    config = parseJson(new TextDecoder().decode(json));
  } catch {
    return json; // no reader understands it
  }
  if (typeof config !== 'object' || config === null || !('auto_map' in config)) return json;
  return new TextEncoder().encode(
    `${stringifyLike(without({ ...config }, ['auto_map']), new TextDecoder().decode(json))}\n`,
  );
}
