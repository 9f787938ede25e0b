import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of everything that is fetched: `grasp` in `XDG_CACHE_HOME`, or in `~/.cache`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'grasp');
}
