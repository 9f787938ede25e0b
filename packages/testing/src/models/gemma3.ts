import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The real Gemma 3 270M as a Q4_K_M GGUF file of llama.cpp: `GRASP_GEMMA3`, or among the models of `grasp`. */
export const gemma3Path =
  process.env.GRASP_GEMMA3 ??
  join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'grasp',
    'models',
    'gemma-3-270m-q4_k_m.gguf',
  );

/** Whether it is there. Its licence must be accepted before it is fetched, so no test requires it. */
export const hasGemma3 = existsSync(gemma3Path);
