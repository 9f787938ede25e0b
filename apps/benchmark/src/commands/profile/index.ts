import { availableParallelism, cpus } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import { openCheckpoint } from '@grasp/checkpoint';
import { configOf, type DecoderConfig, loadDecoder } from '@grasp/decoder';
import { assertWritable, replaceFile } from '@grasp/files';
import { Random } from '@grasp/gates';
import { type LatencyTable, latencyCosts, latencyMisfit, openEngine } from '@grasp/prune';
import { formatItems } from '@grasp/report/format';
import { assertApart } from '../../shared/files/assert-apart.js';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { backendOption, dtypeOption } from '../../shared/options/common-options.js';
import { count, countFrom } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { measureWidths } from './measure-widths.js';

/** @throws BenchOptionError if the layers of the model differ in width. */
function shapeOf(config: DecoderConfig, source: string): LatencyTable['model'] {
  const { layers, hiddenSize, headDim, queriesPerKvHead } = config;
  const { channels, kvHeads: groups } = layers[0]!;
  if (layers.every((layer) => layer.channels === channels && layer.kvHeads === groups)) {
    return {
      ...{ layers: layers.length, hiddenSize, channels, groups },
      ...{ headSize: headDim, headsPerGroup: queriesPerKvHead },
    };
  }
  throw new BenchOptionError(
    `${source}: the layers differ in width. Profile the dense model instead.`,
    'model',
  );
}

function print(table: LatencyTable, path: string): void {
  const { model, ffn, kv, tokens, machine, engine } = table;
  console.log(`${machine}; ${engine}; fastest forward pass of ${tokens} tokens at each width`);
  const rows = [
    ...ffn.map(({ channels, milliseconds }) => [channels, model.groups, milliseconds.toFixed(1)]),
    ...kv.map(({ groups, milliseconds }) => [model.channels, groups, milliseconds.toFixed(1)]),
  ];
  console.log(terminalTable(['FFN channels per layer', 'KV groups per layer', 'ms'], rows));
  const costs = latencyCosts(table);
  console.log(
    `Linear fit: ${costs.fixed.toFixed(1)} ms, plus ${(1e3 * costs.ffn).toFixed(2)} µs per channel and ` +
      `${(1e3 * costs.kv).toFixed(1)} µs per group; largest deviation ${(100 * latencyMisfit(table)).toFixed(1)}%`,
  );
  console.log(`Written to ${path}`);
}

export const profileCommand = () =>
  new Command()
    .argument('<model>', `${MODEL_HELP}, dense`)
    .requiredOption('--out <file>', 'JSON table for grasp prune --latency')
    .option('--tokens <n>', 'tokens per pass', countFrom(2), 128)
    .option('--repeats <n>', 'timed passes at each width', count, 7)
    .addOption(dtypeOption())
    .addOption(backendOption())
    .option('--threads <n>', 'default: all cores', count)
    .action(async (given, { out, tokens, repeats, dtype, backend, threads }) => {
      await assertWritable(out);
      const path = await modelPath(given);
      await assertApart(out, [path]);
      const engine = await openEngine({ backend, threads, onWarning: console.error });
      const checkpoint = await openCheckpoint(path);
      try {
        const model = shapeOf(configOf(checkpoint), path);
        const decoder = await loadDecoder(checkpoint, { runtime: engine.runtime, dtype });
        const { config, layout } = decoder;
        const random = new Random(1);
        const ids = Int32Array.from({ length: tokens }, () => random.below(config.vocabSize));
        const times = await measureWidths(
          layout,
          model,
          (gates) => decoder.under({ gates }).negLogLikelihood({ ids, shape: [1, tokens] }),
          {
            repeats,
            onPass: (done, of) => process.stderr.write(`\r${done}/${of}${done === of ? '\n' : ''}`),
          },
        ).finally(() => decoder.dispose());
        const table: LatencyTable = {
          ...{ format: 'grasp-latency', version: 1 },
          machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${formatItems(threads ?? availableParallelism(), 'thread')}`,
          engine: `${engine.description}, ${dtype}`,
          ...{ tokens, model, ...times },
        };
        latencyCosts(table); // refuses times that do not grow with the width
        await replaceFile(out, `${JSON.stringify(table, null, 2)}\n`);
        print(table, out);
      } finally {
        await checkpoint.close();
      }
    });
