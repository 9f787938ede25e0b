import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of downloaded models: `grasp/models` in `XDG_CACHE_HOME`, or in `~/.cache`. */
export function modelCache(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'grasp', 'models');
}
