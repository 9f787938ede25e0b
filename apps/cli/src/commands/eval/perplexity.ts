import { basename, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { decoderLayout } from '@grasp/decoder';
import { measure, SettingsError } from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { count, countFrom, DEFAULT_WINDOW, nonEmpty, nonEmptyTexts, options } from '../../shared/flags.js';
import { formatItems } from '../../shared/format.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { watch } from '../../shared/progress/watch.js';
import { EVAL_TEXT_CONDITIONS, showUnusedFlags } from '../../shared/run/unused-flags.js';
import type { Terminal } from '../../shared/terminal.js';
import { perplexityWindows, textNames, textSource } from '../../shared/texts.js';

/** Perplexity by the paper's protocol: each window is scored separately; the mean is over all targets. */
export const perplexityCommand = (terminal: Terminal) =>
  new Command('ppl')
    .description('perplexity of a model on text, in float32')
    .argument('<model>', MODEL_HELP, nonEmpty)
    .argument(
      '<texts...>',
      '.txt, .raw, .jsonl, .parquet, or the name of a corpus: wikitext2, ptb, c4',
      nonEmptyTexts,
    )
    .option('--window <tokens>', `tokens per window (default: ${DEFAULT_WINDOW})`, countFrom(2))
    .option(
      '--text-column <name>',
      'column with the text in .jsonl and .parquet files (default: text)',
      nonEmpty,
    )
    .option('--windows <number>', 'maximum number of windows of each text', count)
    .addOption(options.backend())
    .addOption(options.threads())
    .addOption(options.workers())
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document instead of text')
    .action(
      async (path, texts, { window, windows: most, textColumn, backend, threads, workers, quiet, json }) => {
        showUnusedFlags(EVAL_TEXT_CONDITIONS, texts, { textColumn }, terminal);
        await withModel(path, { terminal, quiet, threads }, async (model) => {
          const { checkpoint, config } = model;
          const { contextLength } = config;
          if (window !== undefined && window > contextLength) {
            throw new SettingsError(
              `--window ${window} is longer than the model's context of ${contextLength} tokens. Use ${contextLength} or less.`,
              ['window'],
            );
          }
          const evaluation = [];
          const names = textNames(texts);
          for (const [index, text] of texts.entries()) {
            const source = textSource(text, 'evaluation', { column: textColumn, signal: terminal.signal });
            const windows = await perplexityWindows(source, model, { window, most });
            evaluation.push({ name: names[index]!, windows });
          }
          const engine = await openEngineFor(terminal, { backend, threads, workers, quiet });
          const layout = decoderLayout(config);
          const run = measure(checkpoint, basename(resolve(path)), evaluation, engine);
          const perplexity = await watch(run, terminal, { layout, quiet });
          const data = evaluation.map(({ name, windows }) => ({
            text: name,
            perplexity: perplexity[name],
            windows: windows.shape[0],
            window: windows.shape[1],
            fingerprint: windows.fingerprint,
          }));
          if (json)
            return terminal.print(JSON.stringify({ model: path, engine: engine.description, data }, null, 2));
          for (const { text, perplexity: value = Number.NaN, windows, window: length } of data) {
            terminal.print(
              `${value.toFixed(4)}  ${text} (${formatItems(windows, 'window')} of ${length} tokens)`,
            );
          }
        });
      },
    );
