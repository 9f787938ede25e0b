import { Command, Option } from '@commander-js/extra-typings';
import { tokenizerRoles } from '@grasp/checkpoint';
import { decoderLayout } from '@grasp/decoder';
import { loadOn } from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { count, nonEmpty, options, seed } from '../../shared/flags.js';
import { formatItems } from '../../shared/format.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { numberFlag } from '../../shared/number-flag.js';
import { assertApart } from '../../shared/output-apart.js';
import { countView } from '../../shared/progress/count-view.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';
import { checkFree, writeTexts } from './write-texts.js';

export const writeCommand = (terminal: Terminal) =>
  new Command()
    .argument('<model>', MODEL_HELP, nonEmpty)
    .requiredOption('--out <file>', 'output file, JSON Lines; its name ends in .jsonl', nonEmpty)
    .option('--tokens <number>', 'tokens to generate', count, 2 ** 16)
    .option(
      '--temperature <number>',
      'sampling temperature; higher is more varied',
      numberFlag({ minimum: 0.01, maximum: 100 }),
      0.9,
    )
    .option('--top <number>', 'sample from this many of the likeliest tokens', count, 50)
    .option('--seed <number>', 'seed of the sampling', seed, 42)
    .addOption(
      new Option('--dtype <name>', 'dtype of the weights')
        .choices(['float32', 'bfloat16'] as const)
        .default('float32' as const),
    )
    .option('--overwrite', 'replace an existing file')
    .addOption(options.backend())
    .addOption(options.threads())
    .addOption(options.workers())
    .option('--quiet', 'show no progress')
    .action(
      async (path, { out, dtype, backend, threads, workers, quiet, overwrite = false, ...sampling }) => {
        await checkFree(out, overwrite);
        await assertApart(out, [path]);
        await withModel(path, { terminal, quiet, threads }, async ({ checkpoint, config, tokenizer }) => {
          const roles = await tokenizerRoles(checkpoint);
          const engine = await openEngineFor(terminal, { backend, threads, workers, quiet });
          const layout = decoderLayout(config);
          const decoder = await watch(loadOn(checkpoint, engine, dtype), terminal, { layout, quiet });
          const view = countView(terminal, quiet);
          try {
            const written = await writeTexts(decoder, { roles, tokenizer }, out, {
              ...sampling,
              signal: terminal.signal,
              onProgress: ({ tokens, total }) => view.show('writing tokens', tokens, total),
            });
            view.stop();
            const what = `${formatItems(written.texts, 'text')}, ${formatItems(written.tokens, 'token')}`;
            terminal.print(`Written to ${out}: ${what}`);
          } finally {
            view.stop();
            decoder.dispose();
          }
        });
      },
    );
