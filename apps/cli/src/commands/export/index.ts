import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { openCheckpoint } from '@grasp/checkpoint';
import { openDecoderCheckpoint } from '@grasp/decoder';
import { GGUF_FILE_TYPES, writeGguf } from '@grasp/export';
import { formatBytes } from '../../shared/format.js';
import { showWarnings } from '../../shared/model.js';
import type { Terminal } from '../../shared/terminal.js';

const TENSORS_A_NOTE = 50;

export const exportCommand = (terminal: Terminal) =>
  new Command()
    .argument('<model>', 'Hugging Face folder or GGUF file')
    .addOption(
      new Option('--gguf <type>', 'dtype of the matrices').choices(GGUF_FILE_TYPES).makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'output file; its name ends in .gguf')
    .option('--name <name>', 'name of the model in the file (default: the file name)')
    .option('--overwrite', 'replace an existing file')
    .option('--quiet', 'show no progress')
    .action(async (path, { gguf: type, out, name, overwrite = false, quiet = false }) => {
      const opened = await openCheckpoint(path);
      try {
        const checkpoint = await openDecoderCheckpoint(opened);
        showWarnings(checkpoint, terminal);
        await writeGguf(checkpoint, out, {
          type,
          name: name ?? basename(out).replace(/\.gguf$/i, ''),
          overwrite,
          onTensor: ({ done, total }) => {
            terminal.signal.throwIfAborted();
            if (!quiet && done % TENSORS_A_NOTE === 0) terminal.note(`${done} of ${total} tensors`);
          },
        });
      } finally {
        await opened.close();
      }
      const { size } = await stat(out);
      terminal.print(`Written to ${out}, ${formatBytes(size)}`);
    });
