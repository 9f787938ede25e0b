import { Command } from '@commander-js/extra-typings';
import { assertWritable, replaceFile } from '@grasp/files';
import { openEngine } from '@grasp/prune';
import { backendOption } from '../../shared/options/common-options.js';
import { count } from '../../shared/options/option-values.js';
import { describeTrend, soakPage } from './report.js';
import { type Sample, soak } from './soak.js';

export const soakCommand = () =>
  new Command()
    .option('--steps <n>', 'total steps, four fifths of them for gates', count, 2000)
    .option('--every <n>', 'steps between two samples', count, 20)
    .addOption(backendOption())
    .option('--threads <n>', 'default: all cores', count)
    .option('--out <file>', 'HTML page with charts', 'soak.html')
    .action(async ({ steps, every, backend, threads, out }) => {
      await assertWritable(out);
      const engine = await openEngine({ backend, threads, onWarning: console.error });
      const samples: Sample[] = [];
      for await (const sample of soak(engine, steps, every)) samples.push(sample);
      await replaceFile(out, soakPage(samples, engine.description));
      console.log(describeTrend(samples));
      console.log(`Charts: ${out}`);
    });
