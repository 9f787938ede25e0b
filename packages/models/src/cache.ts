import { join } from 'node:path';
import { cacheFolder } from '@grasp/download';

/** The folder of downloaded models: `grasp/models` in `XDG_CACHE_HOME`, or in `~/.cache`. */
export function modelCache(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(cacheFolder(environment), 'models');
}
