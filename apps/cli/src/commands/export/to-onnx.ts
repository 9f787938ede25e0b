import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecoderCheckpoint } from '@grasp/decoder';
import { type OnnxType, writeOnnx } from '@grasp/export';
import { formatBytes } from '../../shared/format.js';
import type { Terminal } from '../../shared/terminal.js';
import { type ExportOptions, onTensor } from './to-gguf.js';

/** Writes a model as a folder with an ONNX model, and says how large it is. */
export async function exportOnnx(
  checkpoint: DecoderCheckpoint,
  { out, overwrite, quiet, type }: ExportOptions & { readonly type: OnnxType },
  terminal: Terminal,
): Promise<void> {
  await writeOnnx(checkpoint, out, {
    type,
    overwrite,
    onWarning: (warning) => terminal.note(`warning: ${warning}`),
    onTensor: onTensor(terminal, quiet),
  });
  const folder = join(out, 'onnx');
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  terminal.print(`Written to ${folder}, ${formatBytes(bytes)}`);
}
