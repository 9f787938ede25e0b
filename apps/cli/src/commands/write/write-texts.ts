import { setImmediate } from 'node:timers/promises';
import { type OwnTextOptions, type OwnTextProgress, ownText, writingFormat } from '@grasp/calib-data';
import type { TokenizerRoles } from '@grasp/checkpoint';
import { type Decoder, kvCacheBytesPerToken } from '@grasp/decoder';
import { assertWritable, FileWriteError, replaceFile } from '@grasp/files';
import type { Tokenizer } from '@grasp/tokenizer';

/** Tokens per row. Few, because each step copies the keys and values of all of them. */
const ROW_TOKENS = 128;
/** Tokens per row in the cache, with the openings between its texts. */
const CACHED_TOKENS = 1.25 * ROW_TOKENS;
/** Maximum size of the keys and values of all rows, in bytes. */
const CACHE_BYTES = 2 ** 30;
/** Maximum number of rows. More are not faster. */
const MOST_ROWS = 128;

export interface WriteOptions extends Omit<OwnTextOptions, 'rows' | 'rowTokens'> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: OwnTextProgress) => void;
}

/** @throws FileWriteError if the name does not end in .jsonl, or the file cannot be written, or exists and may not be replaced. */
export async function checkFree(out: string, overwrite: boolean): Promise<void> {
  if (!out.endsWith('.jsonl')) throw new FileWriteError(out, 'input', 'the name must end in ".jsonl".');
  await assertWritable(out, { overwrite });
}

/** Number of rows whose keys and values fit into the limit. */
function rowsAtOnce({ config }: Decoder): number {
  const bytes = CACHED_TOKENS * kvCacheBytesPerToken(config, 4);
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(CACHE_BYTES / bytes)));
}

/** Lets a model generate texts and writes one record `{ "text": … }` per text, atomically. */
export async function writeTexts(
  decoder: Decoder,
  { roles, tokenizer }: { readonly roles: TokenizerRoles; readonly tokenizer: Tokenizer },
  out: string,
  { signal, onProgress, ...options }: WriteOptions,
): Promise<{ readonly texts: number; readonly tokens: number }> {
  const format = await writingFormat(roles, tokenizer);
  const writing = ownText(decoder.under(), format, {
    ...options,
    rows: rowsAtOnce(decoder),
    rowTokens: ROW_TOKENS,
  });
  for (;;) {
    const { done, value } = await writing.next();
    if (!done) {
      onProgress(value);
      await setImmediate(); // let signals run
      if (!signal.aborted) continue;
      await writing.return([]);
      signal.throwIfAborted();
      continue;
    }
    const lines = await Promise.all(
      value.map(async (parts) => {
        const texts = await Promise.all(parts.map((ids) => tokenizer.decode(ids)));
        return `${JSON.stringify({ text: texts.join('\n') })}\n`;
      }),
    );
    await replaceFile(out, lines.join(''));
    return { texts: value.length, tokens: value.flat(2).length };
  }
}
