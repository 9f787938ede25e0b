import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The user's access token, looked up as Python's `huggingface_hub` does: `HF_TOKEN`, or the file that `hf auth login`
 * writes (`HF_TOKEN_PATH`, `HF_HOME/token`, `~/.cache/huggingface/token`). Undefined if there is none.
 */
export async function findToken(environment: Environment = process.env): Promise<string | undefined> {
  const named = environment.HF_TOKEN?.trim();
  if (named) return named;
  const written = await readFile(tokenPath(environment), 'utf8').catch(() => '');
  return written.trim() || undefined;
}

function tokenPath({ HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME }: Environment): string {
  if (HF_TOKEN_PATH) return HF_TOKEN_PATH;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return join(home, 'token');
}
