import { basename } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { decoderLayout } from '@grasp/decoder';
import { type Engine, loadOn } from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { count, nonEmpty, options, seed } from '../../shared/flags.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { numberFlag } from '../../shared/number-flag.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';
import { converse } from './converse.js';
import { showReplies } from './show-replies.js';
import { type Talker, type TalkOptions, talker } from './talker.js';

interface NamedTalker extends Talker {
  readonly name: string;
}

/** Loads a model, calls `work`, and disposes of the model in any case. */
async function withTalker(
  path: string,
  engine: Engine,
  flags: TalkOptions & { readonly quiet?: true | undefined },
  terminal: Terminal,
  work: (talker: NamedTalker) => Promise<void>,
): Promise<void> {
  await withModel(path, { terminal, quiet: flags.quiet }, async (model) => {
    const { quiet } = flags;
    const layout = decoderLayout(model.config);
    const decoder = await watch(loadOn(model.checkpoint, engine), terminal, { layout, quiet });
    try {
      const name = basename(path);
      const one = await talker(decoder, model, flags);
      if (!one.hasTemplate)
        terminal.note(`${name} has no chat template. It continues what you type as plain text.`);
      await work({ ...one, name });
    } finally {
      decoder.dispose();
    }
  });
}

export const chatCommand = (terminal: Terminal) =>
  new Command()
    .argument('<model>', MODEL_HELP, nonEmpty)
    .option(
      '--compare <model>',
      'another model that replies to the same messages, for example the dense one',
      nonEmpty,
    )
    .option('--prompt <text>', 'reply to this message and exit', nonEmpty)
    .option('--system <text>', 'system message', nonEmpty)
    .option(
      '--temperature <number>',
      'sampling temperature; 0 takes the likeliest token',
      numberFlag({ minimum: 0, maximum: 100 }),
      0.7,
    )
    .option(
      '--top-p <share>',
      'sample from the likeliest tokens with this total probability',
      numberFlag({ minimum: 0, maximum: 1 }),
      0.9,
    )
    .option('--max-tokens <number>', 'maximum length of a reply', count, 256)
    .option('--seed <number>', 'seed of the sampling', seed, 42)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--quiet', 'show no progress')
    .action(async (path, { compare, prompt, backend, threads, ...flags }) => {
      const engine = await openEngineFor(terminal, { backend, threads, quiet: flags.quiet });
      const talk = async (talkers: readonly NamedTalker[]): Promise<void> => {
        const answer = (text: string, signal: AbortSignal) =>
          showReplies(
            talkers.map(({ name, reply }) => ({ name, parts: reply(text, signal) })),
            terminal,
          );
        if (prompt === undefined) return converse(terminal, answer);
        await answer(prompt, terminal.signal);
        terminal.signal.throwIfAborted();
      };
      await withTalker(path, engine, flags, terminal, async (pruned) => {
        if (compare === undefined) return talk([pruned]);
        await withTalker(compare, engine, flags, terminal, (dense) => talk([dense, pruned]));
      });
    });
