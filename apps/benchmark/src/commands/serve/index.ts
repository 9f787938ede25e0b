import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { GGUF_FILE_TYPES } from '@grasp/export';
import Table from 'cli-table3';
import { asGguf } from './as-gguf.js';
import { serveInTurns } from './serve-in-turns.js';
import type { Serving } from './serve-once.js';
import { type Served, serveTable } from './serve-table.js';

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

function print(models: readonly Served[]): void {
  const { head, rows } = serveTable(models);
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row);
  console.log(table.toString());
}

export const serveCommand = () =>
  new Command('serve')
    .description(
      'measure models in stock llama.cpp side by side: size, load, prefill, decode, memory, KV cache',
    )
    .argument('<model>', 'the dense model: Hugging Face folder or GGUF file')
    .argument('<pruned...>', 'what is compared with it')
    .addOption(
      new Option(
        '--gguf <type>',
        'write each as this type; default: files as they are, folders as f16',
      ).choices(GGUF_FILE_TYPES),
    )
    .option('--prompt <n>', 'tokens of the prompt', count, 512)
    .option('--tokens <n>', 'tokens written after it', count, 64)
    .option('--rounds <n>', 'times each model is served, in turns', count, 5)
    .option('--threads <n>', 'threads of llama.cpp', count, 1)
    .option('--json', 'one JSON document, every round included, instead of text')
    .action(async (dense, pruned, { gguf, rounds, json, ...options }) => {
      const scratch = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
      try {
        const paths = [dense, ...pruned];
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
        console.log(`Medians of ${rounds} rounds in turns: ${prompt} tokens read, ${tokens} written.`);
        print(models);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
