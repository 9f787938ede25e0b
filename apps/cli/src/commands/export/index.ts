import { Command, Option } from '@commander-js/extra-typings';
import { openCheckpoint } from '@grasp/checkpoint';
import { type DecoderCheckpoint, openDecoderCheckpoint } from '@grasp/decoder';
import { GGUF_FILE_TYPES, ONNX_TYPES, type OnnxType } from '@grasp/export';
import { SettingsError } from '@grasp/prune';
import { count, nonEmpty, options } from '../../shared/flags.js';
import { MODEL_HELP, modelPath, showWarnings } from '../../shared/model.js';
import { assertApart } from '../../shared/output-apart.js';
import { checkOutputFolder } from '../../shared/output-folder.js';
import type { Terminal } from '../../shared/terminal.js';
import { checkImportance, textImportance } from './text-importance.js';
import { exportDeci } from './to-deci.js';
import { checkGgufPlace, exportGguf } from './to-gguf.js';
import { exportOnnx } from './to-onnx.js';

const HELP = `
--gguf writes a file for llama.cpp. FFN widths are padded with zeros to multiples of 32. Prune with --align 32 to avoid the
padding. Where llama.cpp has one width for all layers (gemma, phi3, granite, …), layers are padded to the widest. Prune with
--layout uniform to avoid that.
q8_0 and q4_0 hold blocks of 32: matrices whose rows are no whole blocks stay f16. q4_0 holds the head as q8_0.
q6_k, q5_k_m and q4_k_m hold blocks of 256. Prune with --align 256 to have such rows in the FFN.
--onnx writes a folder with an ONNX model, for ONNX Runtime, transformers.js and OpenVINO. With f16, matrices, their products and
the cache are float16.
--deci writes a DeciLM folder, which vLLM computes with its own classes: llama, mistral, ministral, qwen2 and seed_oss.
--portable pads its FFN widths to multiples of 256 and its heads to the hidden size, for other readers of DeciLM.
The output says how much is padded, and which types were used.`;

/** @throws SettingsError if an option is given that counts only where a text is read. */
function refuseUnused(flags: {
  readonly importanceBlocks?: number | undefined;
  readonly backend?: string | undefined;
  readonly threads?: number | undefined;
}): void {
  const given = [
    ...(flags.importanceBlocks === undefined ? [] : ['importance-blocks']),
    ...(flags.backend === undefined ? [] : ['backend']),
    ...(flags.threads === undefined ? [] : ['threads']),
  ];
  if (given.length === 0) return;
  const named = given.map((name) => `--${name}`).join(', ');
  throw new SettingsError(`${named}: this export computes nothing. Add --importance with a text.`, given);
}

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
      new Option('--gguf <type>', 'write a GGUF file; dtype of the matrices')
        .choices(GGUF_FILE_TYPES)
        .conflicts(['deci', 'portable']),
    )
    .option('--ollama', 'with --gguf: write a folder with a Modelfile too, for ollama create')
    .addOption(
      new Option('--onnx [type]', 'write a folder with an ONNX model; type of its matrices (default: f32)')
        .choices(ONNX_TYPES)
        .preset('f32')
        .conflicts(['gguf', 'deci', 'portable', 'importance', 'ollama', 'name']),
    )
    .addOption(new Option('--deci', 'write a DeciLM folder').conflicts(['importance', 'ollama', 'name']))
    .option('--portable', 'with --deci: the form of it that other readers expect')
    .requiredOption('--out <path>', 'output: a file whose name ends in .gguf, or a folder', nonEmpty)
    .option(
      '--importance <text>',
      'for K-quants: be most exact where this calibration text is; a file, or wikitext2, ptb, c4',
      nonEmpty,
    )
    .option('--importance-blocks <number>', 'blocks of 512 tokens of that text (default: 64)', count)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--name <name>', 'name of the model in the GGUF file (default: the file name)', nonEmpty)
    .option('--overwrite', 'replace an existing output')
    .option('--quiet', 'show no progress')
    .addHelpText('after', HELP)
    .action(async (model, given) => {
      const {
        gguf: type,
        onnx,
        deci = false,
        portable = false,
        ollama = false,
        importance: text,
        name,
        ...flags
      } = given;
      if (type === undefined && onnx === undefined && !deci) {
        const kinds = ['gguf', 'onnx', 'deci'];
        throw new SettingsError('Name the kind of output: --gguf with a type, --onnx, or --deci.', kinds);
      }
      if (text === undefined) refuseUnused(flags);
      if (text !== undefined && type !== undefined) checkImportance(type);
      const { out, overwrite = false, quiet = false } = flags;
      const output = { out, overwrite, quiet };
      // What is in the way is told before a model is downloaded.
      await assertApart(out, text === undefined ? [model] : [model, text]);
      if (type === undefined) await checkOutputFolder(out, { overwrite });
      else await checkGgufPlace({ ...output, ollama });
      const path = await modelPath(model, terminal, quiet);
      await assertApart(out, [path]); // a download lies in the cache
      if (onnx !== undefined) {
        const onnxType = onnx as OnnxType; // one of the choices, or the preset
        await withHeaders(path, terminal, (checkpoint) =>
          exportOnnx(checkpoint, { ...output, type: onnxType }, terminal),
        );
        return;
      }
      if (type === undefined) {
        await withHeaders(path, terminal, (checkpoint) =>
          exportDeci(checkpoint, { ...output, portable }, terminal),
        );
        return;
      }
      const importance =
        text === undefined
          ? undefined
          : () => textImportance(path, { ...flags, importance: text, quiet }, terminal);
      const named = { ...(name === undefined ? {} : { name }), ...(importance ? { importance } : {}) };
      await withHeaders(path, terminal, (checkpoint) =>
        exportGguf(checkpoint, { ...output, type, ollama, ...named }, terminal),
      );
    });
