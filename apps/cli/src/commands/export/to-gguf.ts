import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { DecoderCheckpoint } from '@grasp/decoder';
import { checkGguf, checkGgufName, type GgufFileType, writeGguf } from '@grasp/export';
import { assertFree, assertWritable, FileWriteError, writeError } from '@grasp/files';
import { formatBytes } from '../../shared/format.js';
import type { Terminal } from '../../shared/terminal.js';
import { aboutFile } from './about-file.js';
import { inShell } from './in-shell.js';
import { MODELFILE, modelfileOf, writeModelfile } from './write-modelfile.js';

const TENSORS_A_NOTE = 50;
/** Name of the GGUF file beside a Modelfile. */
const OLLAMA_FILE = 'model.gguf';

/** The options that all kinds of export have. */
export interface ExportOptions {
  readonly out: string;
  readonly overwrite: boolean;
  readonly quiet: boolean;
}

/** Called after each tensor: stops when the user does, and notes progress. */
export const onTensor =
  (terminal: Terminal, quiet: boolean) =>
  ({ done, total }: { readonly done: number; readonly total: number }): void => {
    terminal.signal.throwIfAborted();
    if (!quiet && done % TENSORS_A_NOTE === 0) terminal.note(`${done} of ${total} tensors`);
  };

export interface GgufOptions extends ExportOptions {
  readonly type: GgufFileType;
  /** Write a Modelfile too: `out` is then a folder. */
  readonly ollama: boolean;
  readonly name?: string;
  /** Computes the importance of the input columns of matrices, by tensor. Called when nothing else can refuse the model. */
  readonly importance?: () => Promise<ReadonlyMap<string, Float32Array>>;
}

type Place = Pick<GgufOptions, 'out' | 'ollama'>;

/** The path of the GGUF file. */
const ggufFile = ({ out, ollama }: Place): string => (ollama ? join(out, OLLAMA_FILE) : out);

/**
 * Checks the output's place before a model is read or downloaded.
 *
 * @throws FileWriteError if the output cannot be written, or exists and may not be replaced
 */
export async function checkGgufPlace({ out, ollama, overwrite }: Place & ExportOptions): Promise<void> {
  if (!ollama) await assertWritable(out);
  else if ((await stat(out).catch(() => undefined))?.isDirectory() === false)
    throw new FileWriteError(out, 'exists', 'a file of that name is there. Choose another name.');
  await checkGgufName(ggufFile({ out, ollama }), { overwrite });
  if (ollama) await assertFree(join(out, MODELFILE), { overwrite });
}

/** Writes a model as a GGUF file, and says what it holds beside the model. @throws FileWriteError */
export async function exportGguf(
  checkpoint: DecoderCheckpoint,
  { out, overwrite, quiet, type, ollama, name, importance: importanceOf }: GgufOptions,
  terminal: Terminal,
): Promise<void> {
  const file = ggufFile({ out, ollama });
  const { contextLength } = await checkGguf(checkpoint, file, { type, overwrite });
  const modelfile = ollama ? await modelfileOf(checkpoint, OLLAMA_FILE, contextLength) : undefined;
  const importance = await importanceOf?.();
  if (ollama) {
    await mkdir(out, { recursive: true }).catch((error: unknown) => {
      throw writeError(out, error);
    });
  }
  // Before the large file, whose name says that the export is complete.
  if (modelfile) await writeModelfile(out, modelfile, { overwrite });
  const summary = await writeGguf(checkpoint, file, {
    type,
    name: name ?? basename(resolve(out)).replace(/\.gguf$/i, ''),
    overwrite,
    ...(importance ? { importance } : {}),
    onWarning: (warning) => terminal.note(`warning: ${warning}`),
    onTensor: onTensor(terminal, quiet),
  });
  const { size } = await stat(file);
  terminal.print(`Written to ${file}, ${formatBytes(size)}`);
  if (ollama) {
    const tag = basename(resolve(out)).toLowerCase();
    terminal.print(`Run: ollama create ${inShell(tag)} -f ${inShell(join(out, MODELFILE))}`);
  }
  for (const line of aboutFile(summary, type, checkpoint.decoder)) terminal.print(line);
}
