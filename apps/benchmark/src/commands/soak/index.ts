import { Command, Option } from '@commander-js/extra-typings';
import { replaceFile } from '@grasp/files';
import { openEngine } from '@grasp/prune';
import { describeTrend, soakPage } from './report.js';
import { type Sample, soak } from './soak.js';

const count = (text: string): number => Number.parseInt(text, 10);

export const soakCommand = () =>
  new Command('soak')
    .description('learn for many steps on a small random model, and show whether memory grows')
    .option('--steps <n>', 'steps in all, four fifths of them for gates', count, 2000)
    .option('--every <n>', 'steps between two samples', count, 20)
    .addOption(new Option('--backend <name>').choices(['tensorflow', 'wasm'] as const))
    .option('--threads <n>', 'default: all cores', count)
    .option('--out <file>', 'page with the charts', 'soak.html')
    .action(async ({ steps, every, backend, threads, out }) => {
      const engine = await openEngine({ backend, threads, onWarning: console.error });
      const samples: Sample[] = [];
      for await (const sample of soak(engine, steps, Math.min(every, steps))) samples.push(sample);
      await replaceFile(out, soakPage(samples, engine.description));
      console.log(describeTrend(samples));
      console.log(`Charts: ${out}`);
    });
