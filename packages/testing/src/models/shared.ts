import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The folder with reference traces and evaluation data: `GRASP_SHARED`, or `shared` beside the repository. */
const shared = process.env.GRASP_SHARED ?? resolve(root, '../shared');

/** Path below the shared folder. */
export function sharedPath(...parts: string[]): string {
  return join(shared, ...parts);
}

/**
 * Whether the shared folder is there. Tests that need it are skipped without it, unless `GRASP_REQUIRE_SHARED`
 * is set: then they run, and fail on the missing file.
 */
export const hasShared = process.env.GRASP_REQUIRE_SHARED === '1' || existsSync(join(shared, 'reference'));
