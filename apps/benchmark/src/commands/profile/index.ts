import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { openCheckpoint } from '@grasp/checkpoint';
import { type DecoderConfig, loadDecoder } from '@grasp/decoder';
import { replaceFile } from '@grasp/files';
import { Random } from '@grasp/gates';
import { type LatencyTable, latencyCosts, latencyMisfit, openEngine } from '@grasp/prune';
import Table from 'cli-table3';
import { BenchOptionError } from '../reproduce/bench-error.js';
import { measureWidths } from './measure-widths.js';

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

/** @throws BenchOptionError for a model whose layers differ. */
function shapeOf(config: DecoderConfig, source: string): LatencyTable['model'] {
  const { layers, hiddenSize, headSize, headsPerGroup } = config;
  const { channels, groups } = layers[0]!;
  if (layers.every((layer) => layer.channels === channels && layer.groups === groups)) {
    return { layers: layers.length, hiddenSize, headSize, headsPerGroup, channels, groups };
  }
  throw new BenchOptionError(`${source} has layers of different widths: profile the dense model.`, 'model');
}

function print(table: LatencyTable, path: string): void {
  const { model, ffn, kv, tokens, machine, engine } = table;
  console.log(`${machine}; ${engine}; a pass of ${tokens} tokens, the fastest of each`);
  const rows = new Table({
    head: ['channels a layer', 'groups a layer', 'ms'],
    style: { head: [], border: [], compact: true },
  });
  for (const { channels, milliseconds } of ffn) rows.push([channels, model.groups, milliseconds.toFixed(1)]);
  for (const { groups, milliseconds } of kv) rows.push([model.channels, groups, milliseconds.toFixed(1)]);
  console.log(rows.toString());
  const costs = latencyCosts(table);
  console.log(
    `as a line: ${costs.fixed.toFixed(1)} ms, and ${(1e3 * costs.ffn).toFixed(2)} µs a channel, ` +
      `${(1e3 * costs.kv).toFixed(1)} µs a group; at most ${(100 * latencyMisfit(table)).toFixed(1)}% off`,
  );
  console.log(`Written to ${path}`);
}

export const profileCommand = () =>
  new Command('profile')
    .description('time forward passes of a model at several widths: the table for a latency budget')
    .argument('<model>', 'Hugging Face folder or GGUF file, dense')
    .requiredOption('--out <file>', 'table, as grasp prune --latency takes it')
    .option('--tokens <n>', 'tokens of a pass', count, 128)
    .option('--repeats <n>', 'timed passes of each width', count, 7)
    .addOption(
      new Option('--dtype <name>', 'how weights are held')
        .choices(['float32', 'bfloat16'] as const)
        .default('float32' as const),
    )
    .addOption(new Option('--backend <name>').choices(['tensorflow', 'wasm'] as const))
    .option('--threads <n>', 'threads of one operation', count, availableParallelism())
    .action(async (path, { out, tokens, repeats, dtype, backend, threads }) => {
      const engine = await openEngine({ backend, threads, onWarning: console.error });
      const checkpoint = await openCheckpoint(path);
      try {
        const decoder = await loadDecoder(checkpoint, { runtime: engine.runtime, dtype });
        const { config, layout } = decoder;
        const model = shapeOf(config, path);
        const random = new Random(1);
        const ids = Int32Array.from({ length: tokens }, () => random.below(config.vocabSize));
        const times = await measureWidths(
          layout,
          model,
          (gates) => decoder.negLogLikelihood({ ids, shape: [1, tokens] }, gates),
          {
            repeats,
            onPass: (done, of) => process.stderr.write(`\r${done}/${of}${done === of ? '\n' : ''}`),
          },
        );
        decoder.dispose();
        const table: LatencyTable = {
          ...{ format: 'grasp-latency', version: 1 },
          machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${threads} threads`,
          engine: `${engine.description}, ${dtype}`,
          ...{ tokens, model, ...times },
        };
        await replaceFile(out, `${JSON.stringify(table, null, 2)}\n`);
        print(table, out);
      } finally {
        await checkpoint.close();
      }
    });
