import { writeFolder } from '@grasp/checkpoint';
import type { DecoderCheckpoint } from '@grasp/decoder';
import { forDeci } from '@grasp/export';
import { formatShare } from '../../shared/format.js';
import { withOutputFolder } from '../../shared/output-folder.js';
import type { Terminal } from '../../shared/terminal.js';
import { inShell } from './in-shell.js';
import { type ExportOptions, onTensor } from './to-gguf.js';

/** Writes a model as a DeciLM folder, and says how to serve it. */
export async function exportDeci(
  checkpoint: DecoderCheckpoint,
  { out, overwrite, quiet, portable }: ExportOptions & { readonly portable: boolean },
  terminal: Terminal,
): Promise<void> {
  const deci = await forDeci(checkpoint, { portable });
  await withOutputFolder(out, { overwrite }, (folder) =>
    writeFolder(deci, folder, { onTensor: onTensor(terminal, quiet) }),
  );
  terminal.print(`Written to ${out}`);
  if (deci.zeroShare > 0) {
    terminal.print(`Padding: ${formatShare(deci.zeroShare)} of the elements are zeros.`);
  }
  terminal.print(`Serve it: vllm serve ${inShell(out)} --trust-remote-code`);
}
