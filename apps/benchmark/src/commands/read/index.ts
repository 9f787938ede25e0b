import { stat } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import { openCheckpoint } from '@grasp/checkpoint';
import { MODEL_HELP, modelPath } from '../../shared/models/named-model.js';
import { count } from '../../shared/options/option-values.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';
import { dequantizeTimes } from './dequantize-times.js';

/** Reads every tensor of a model once, and prints the time of each pass. */
async function readModel(path: string, passes: number): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  try {
    const file = await stat(path);
    for (let pass = 1; pass <= passes; pass++) {
      const start = performance.now();
      for (const name of checkpoint.tensors.keys()) await checkpoint.read(name);
      const seconds = (performance.now() - start) / 1e3;
      const speed = file.isFile() ? `, ${(file.size / 1e6 / seconds).toFixed(0)} MB of file per second` : '';
      console.log(`pass ${pass}: all ${checkpoint.tensors.size} tensors in ${seconds.toFixed(2)} s${speed}`);
    }
  } finally {
    await checkpoint.close();
  }
}

export const readCommand = () =>
  new Command()
    .argument('[model]', `${MODEL_HELP}; all its tensors are read`)
    .option('--repeats <n>', 'passes of each type in memory', count, 200)
    .option('--passes <n>', 'times the model is read', count, 3)
    .action(async (given, { repeats, passes }) => {
      const model = given === undefined ? undefined : await modelPath(given);
      const rows = dequantizeTimes(repeats).map(({ type, nanosecondsPerValue, megabytesPerSecond }) => [
        type,
        nanosecondsPerValue.toFixed(2),
        megabytesPerSecond.toFixed(0),
      ]);
      console.log('Dequantisation in memory, one thread, fastest pass:');
      console.log(
        terminalTable(['type', 'ns per value', 'MB of blocks per second'], rows, { numeric: true }),
      );
      if (model !== undefined) await readModel(model, passes);
    });
