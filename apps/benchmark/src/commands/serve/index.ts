import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { GGUF_FILE_TYPES } from '@grasp/export';
import { assertApart } from '../../shared/files/assert-apart.js';
import { onInterrupt } from '../../shared/jobs/on-interrupt.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { count, counts, listOf } from '../../shared/options/option-values.js';
import { RUNTIME_NAMES } from './runtimes/runtime.js';
import { VLLM_DTYPES } from './runtimes/vllm.js';
import { serveModels } from './serve-models.js';

/** @throws BenchOptionError if an option of vLLM was given */
function refuseVllmOptions(command: CommandUnknownOpts): void {
  for (const [name, flag] of [
    ['vllmPython', 'vllm-python'],
    ['dtype', 'dtype'],
    ['compile', 'no-compile'],
  ] as const)
    if (command.getOptionValueSource(name) === 'cli')
      throw new BenchOptionError(
        `--${flag}: only vLLM uses it. Name it in --runtime, or leave this out.`,
        flag,
      );
}

export const serveCommand = () =>
  new Command()
    .argument('<model>', `the dense model: ${MODEL_HELP}`)
    .argument('<pruned...>', 'models to compare with it')
    .addOption(
      new Option('--runtime <names>', 'runtimes: llama.cpp, vllm (default: those that are there)').argParser(
        listOf(RUNTIME_NAMES),
      ),
    )
    .addOption(new Option('--vllm-python <path>', 'Python interpreter with vLLM').env('GRASP_VLLM_PYTHON'))
    .addOption(
      new Option('--dtype <name>', 'dtype in vLLM').choices(VLLM_DTYPES).default('bfloat16' as const),
    )
    .option('--no-compile', 'vLLM does not compile the models, which start faster and answer slower')
    .addOption(
      new Option(
        '--gguf <type>',
        'for llama.cpp, convert all models to this type (default: files unchanged, folders as f16)',
      ).choices(GGUF_FILE_TYPES),
    )
    .option('--prompt <n>', 'tokens in the prompt', count, 512)
    .option('--tokens <n>', 'tokens to generate after it', count, 64)
    .addOption(
      new Option('--concurrency <list>', 'clients that ask at the same time')
        .argParser(counts)
        .default([1, 4, 16]),
    )
    .option('--requests <n>', 'requests of each client', count, 2)
    .option('--rounds <n>', 'how often each model is served, in alternation', count, 3)
    .option('--threads <n>', 'threads that compute', count, 1)
    .option('--out <folder>', 'folder for serve.json, .md, .html and .svg; the same command resumes there')
    .option('--json', 'print one JSON document with all rounds')
    .action(async (dense, pruned, options, command) => {
      if (options.runtime && !options.runtime.includes('vllm')) refuseVllmOptions(command);
      const paths: string[] = [];
      for (const model of [dense, ...pruned]) paths.push(await modelPath(model));
      if (options.out !== undefined) await assertApart(options.out, paths);
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
      const interrupt = new AbortController();
      setMaxListeners(0, interrupt.signal); // one for each client
      const ignore = onInterrupt(() => interrupt.abort(), ['SIGINT', 'SIGTERM']);
      try {
        await serveModels(paths, { ...options, scratch, signal: interrupt.signal });
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
        process.exitCode = 130;
      } finally {
        ignore();
        await rm(scratch, { recursive: true, force: true });
      }
    });
