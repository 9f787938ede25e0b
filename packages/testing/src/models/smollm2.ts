import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The real SmolLM2-135M-Instruct as a Q4_1 GGUF file: `GRASP_SMOLLM2`, or where the demo keeps it.
 */
export const smollm2Path =
  process.env.GRASP_SMOLLM2 ??
  join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'grasp',
    'models',
    'SmolLM2-135M-Instruct.Q4_1.gguf',
  );

/**
 * Whether it is there. Tests that need it are skipped without it, unless `GRASP_REQUIRE_MODEL` is set: then they
 * run, and fail on the missing file.
 */
export const hasSmollm2 = process.env.GRASP_REQUIRE_MODEL === '1' || existsSync(smollm2Path);
