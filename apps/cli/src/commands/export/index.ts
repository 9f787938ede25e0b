import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { openCheckpoint } from '@grasp/checkpoint';
import { type DecoderCheckpoint, openDecoderCheckpoint } from '@grasp/decoder';
import { GGUF_FILE_TYPES, writeGguf } from '@grasp/export';
import { count, nonEmpty, options } from '../../shared/flags.js';
import { formatBytes } from '../../shared/format.js';
import { MODEL_HELP, modelPath, showWarnings } from '../../shared/model.js';
import { assertApart } from '../../shared/output-apart.js';
import type { Terminal } from '../../shared/terminal.js';
import { aboutFile } from './about-file.js';
import { checkImportance, textImportance } from './text-importance.js';
import { modelfileOf, writeModelfile } from './write-modelfile.js';

const TENSORS_A_NOTE = 50;
/** Name of the GGUF file beside a Modelfile. */
const OLLAMA_FILE = 'model.gguf';

const HELP = `
FFN widths are padded with zeros to multiples of 32. Prune with --align 32 to avoid the padding.
Where llama.cpp has one width for all layers (gemma, phi3, granite, …), layers are padded to the widest. Prune with
--layout uniform to avoid that.
q8_0 and q4_0 hold blocks of 32: matrices whose rows are no whole blocks stay f16. q4_0 holds the head as q8_0.
q6_k, q5_k_m and q4_k_m hold blocks of 256. Prune with --align 256 to have such rows in the FFN.
The output says how much is padded, and which types were used.`;

/** Opens a model without its weights and its tokenizer, and closes it in any case. */
async function withHeaders<Result>(
  path: string,
  terminal: Terminal,
  work: (checkpoint: DecoderCheckpoint) => Promise<Result>,
): Promise<Result> {
  const opened = await openCheckpoint(path);
  try {
    const checkpoint = await openDecoderCheckpoint(opened);
    showWarnings(checkpoint, terminal);
    return await work(checkpoint);
  } finally {
    await opened.close();
  }
}

export const exportCommand = (terminal: Terminal) =>
  new Command()
    .argument('<model>', MODEL_HELP, nonEmpty)
    .addOption(
      new Option('--gguf <type>', 'dtype of the matrices').choices(GGUF_FILE_TYPES).makeOptionMandatory(),
    )
    .requiredOption(
      '--out <path>',
      'output file, whose name ends in .gguf; with --ollama, a folder',
      nonEmpty,
    )
    .option('--ollama', 'write a folder with a Modelfile too, for ollama create')
    .option(
      '--importance <text>',
      'for K-quants: be most exact where this calibration text is; a file, or wikitext2, ptb, c4',
      nonEmpty,
    )
    .option('--importance-blocks <number>', 'blocks of 512 tokens of that text', count, 64)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--name <name>', 'name of the model in the file (default: the file name)', nonEmpty)
    .option('--overwrite', 'replace an existing file')
    .option('--quiet', 'show no progress')
    .addHelpText('after', HELP)
    .action(
      async (
        model,
        { gguf: type, out, ollama, name, overwrite = false, quiet = false, importance: text, ...flags },
      ) => {
        const path = await modelPath(model, terminal, quiet);
        await assertApart(out, text === undefined ? [path] : [path, text]);
        const file = ollama ? join(out, OLLAMA_FILE) : out;
        if (text !== undefined) await checkImportance(type, file, overwrite);
        const importance =
          text === undefined
            ? undefined
            : await textImportance(path, { ...flags, importance: text, quiet }, terminal);
        const summary = await withHeaders(path, terminal, async (checkpoint) => {
          const modelfile =
            ollama && (await modelfileOf(checkpoint, OLLAMA_FILE, checkpoint.decoder.contextLength));
          if (ollama) await mkdir(out, { recursive: true });
          const written = await writeGguf(checkpoint, file, {
            type,
            name: name ?? basename(out).replace(/\.gguf$/i, ''),
            overwrite,
            ...(importance ? { importance } : {}),
            onWarning: (warning) => terminal.note(`warning: ${warning}`),
            onTensor: ({ done, total }) => {
              terminal.signal.throwIfAborted();
              if (!quiet && done % TENSORS_A_NOTE === 0) terminal.note(`${done} of ${total} tensors`);
            },
          });
          if (modelfile) await writeModelfile(out, modelfile);
          return written;
        });
        const { size } = await stat(file);
        terminal.print(`Written to ${file}, ${formatBytes(size)}`);
        if (ollama)
          terminal.print(
            `Run: ollama create ${basename(resolve(out)).toLowerCase()} -f ${join(out, 'Modelfile')}`,
          );
        for (const line of aboutFile(summary, type)) terminal.print(line);
      },
    );
