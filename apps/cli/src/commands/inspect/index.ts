import { Command } from '@commander-js/extra-typings';
import { openCheckpoint, type StoredTensors } from '@grasp/checkpoint';
import {
  checkWeights,
  configOf,
  describeModel,
  type ModelDescription,
  openDecoderCheckpoint,
} from '@grasp/decoder/headers';
import Table from 'cli-table3';
import { nonEmpty } from '../../shared/flags.js';
import { formatBytes, formatCount, formatItems, formatParameters, formatShare } from '../../shared/format.js';
import { MODEL_HELP, modelPath, showWarnings } from '../../shared/model.js';
import type { Terminal } from '../../shared/terminal.js';

/** `stored`: of a GGUF file, whose tensors are read as other dtypes. */
type Inspected = ModelDescription & { readonly stored?: StoredTensors | undefined };

function overview(model: Inspected): string[] {
  const { config, parameters, units, stored } = model;
  const layers = `${formatItems(config.layers.length, 'layer')} of hidden size ${formatCount(config.hiddenSize)}`;
  const heads = `heads of ${config.headDim}, ${config.queriesPerKvHead} to a KV group`;
  const head = config.tiedHead ? 'tied head' : 'head of its own';
  const prunable = `${formatParameters(parameters.prunable)} prunable (${formatShare(parameters.prunable / parameters.total)})`;
  return [
    `model       ${model.source}`,
    `shape       ${config.architecture.modelType}: ${layers}, ${heads}`,
    `vocabulary  ${formatCount(config.vocabSize)} tokens, ${head}; context ${formatCount(config.contextLength)}`,
    `parameters  ${formatParameters(parameters.total)}, ${prunable}`,
    `units       ${formatCount(units.ffn)} FFN channels, ${formatCount(units.kv)} KV groups; a group costs ${units.kvCost.toFixed(1)} channels`,
    `tensors     ${model.tensors.count} of ${model.tensors.dtypes.join(', ')}, ${formatBytes(model.tensors.bytes)}`,
    ...(stored ? [`stored as   ${stored.types.join(', ')}, ${formatBytes(stored.bytes)}`] : []),
    `KV cache    ${formatBytes(model.kvCacheBytesPerToken)} per token in half precision`,
    `files       ${model.files.join(', ') || 'no other files'}`,
  ];
}

/** A table of layers. Consecutive layers of one shape share a row. */
function layerTable({ config }: ModelDescription): string {
  const table = new Table({
    head: ['layers', 'FFN channels', 'KV groups', 'heads'],
    style: { head: [], border: [] },
  });
  for (let first = 0; first < config.layers.length; ) {
    const { channels, kvHeads } = config.layers[first]!;
    let last = first;
    const same = (l: number) =>
      config.layers[l]?.channels === channels && config.layers[l]?.kvHeads === kvHeads;
    while (same(last + 1)) last++;
    const range = first === last ? `${first}` : `${first}–${last}`;
    table.push([range, formatCount(channels), kvHeads, kvHeads * config.queriesPerKvHead]);
    first = last + 1;
  }
  return table.toString();
}

export const inspectCommand = (terminal: Terminal) =>
  new Command()
    .argument('<model>', MODEL_HELP, nonEmpty)
    .option('--json', 'print one JSON document instead of text')
    .action(async (path, { json }) => {
      const opened = await openCheckpoint(await modelPath(path, terminal));
      try {
        const config = configOf(opened);
        checkWeights(opened, config); // the description comes from config.json, which the weights must match
        const { stored } = opened;
        const model = { ...describeModel(await openDecoderCheckpoint(opened)), stored };
        showWarnings(model, terminal);
        if (json) return terminal.print(JSON.stringify(model, null, 2));
        for (const line of overview(model)) terminal.print(line);
        terminal.print(layerTable(model));
      } finally {
        await opened.close();
      }
    });
