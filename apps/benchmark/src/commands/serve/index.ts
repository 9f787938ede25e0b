import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { GGUF_FILE_TYPES } from '@grasp/export';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { count } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { asGguf } from './as-gguf.js';
import { serveInTurns } from './serve-in-turns.js';
import type { Serving } from './serve-once.js';
import { type Served, serveTable } from './serve-table.js';

export const serveCommand = () =>
  new Command()
    .argument('<model>', `the dense model: ${MODEL_HELP}`)
    .argument('<pruned...>', 'models to compare with it')
    .addOption(
      new Option(
        '--gguf <type>',
        'convert all models to this type (default: files unchanged, folders as f16)',
      ).choices(GGUF_FILE_TYPES),
    )
    .option('--prompt <n>', 'tokens in the prompt', count, 512)
    .option('--tokens <n>', 'tokens to generate after it', count, 64)
    .option('--rounds <n>', 'how often each model is served, in alternation', count, 5)
    .option('--threads <n>', 'threads of llama.cpp', count, 1)
    .option('--json', 'print one JSON document with all rounds')
    .action(async (dense, pruned, { gguf, rounds, json, ...options }) => {
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
      try {
        const paths: string[] = [];
        for (const model of [dense, ...pruned]) paths.push(await modelPath(model));
        const files: string[] = [];
        for (const [i, path] of paths.entries()) files.push(await asGguf(path, gguf, scratch, `model-${i}`));
        const servings: Serving[][] = paths.map(() => []);
        for await (const round of serveInTurns(files, rounds, options)) {
          for (const [i, serving] of round.entries()) servings[i]!.push(serving);
        }
        const models: Served[] = [];
        for (const [i, path] of paths.entries()) {
          const { size } = await stat(files[i]!);
          models.push({ name: basename(path), fileBytes: size, servings: servings[i]! });
        }
        const processor = cpus()[0]?.model ?? 'unknown processor';
        if (json) return console.log(JSON.stringify({ processor, ...options, models }, null, 2));
        const { prompt, tokens, threads } = options;
        console.log(`${processor}, llama.cpp on ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
        console.log(`Medians of ${rounds} rounds: ${prompt} tokens read, ${tokens} generated.`);
        const { head, rows } = serveTable(models);
        console.log(terminalTable(head, rows, { numeric: true }));
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
