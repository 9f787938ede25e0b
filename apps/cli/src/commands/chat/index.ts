import { basename } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { type Decoder, decoderLayout } from '@grasp/decoder';
import { loadOn } from '@grasp/prune';
import { type EngineFlags, openEngineFor } from '../../shared/engine.js';
import { count, nonEmpty, options, seed } from '../../shared/flags.js';
import { MODEL_HELP, type OpenModel, withModel } from '../../shared/model.js';
import { numberFlag } from '../../shared/number-flag.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';
import { converse } from './converse.js';
import { showReplies } from './show-replies.js';
import { longestReply, type Speech, speechOf, type Talker, type TalkOptions, talker } from './talker.js';

interface NamedTalker extends Talker {
  readonly name: string;
}

type Flags = TalkOptions & EngineFlags & { readonly quiet?: true | undefined };

/** A model that is open, with its weights still on disk. */
interface Speaker {
  readonly name: string;
  readonly model: OpenModel;
  readonly speech: Speech;
}

/** Opens models one after another, says which have no chat template, calls `work`, and closes the models in any case. */
async function withSpeakers(
  [path, ...others]: readonly string[],
  flags: Flags,
  terminal: Terminal,
  work: (speakers: readonly Speaker[]) => Promise<void>,
): Promise<void> {
  if (path === undefined) return work([]);
  await withModel(path, { terminal, quiet: flags.quiet, threads: flags.threads }, async (model) => {
    const speaker = { name: basename(path), model, speech: await speechOf(model) };
    if (!speaker.speech.prompt) {
      const unused = flags.system === undefined ? '' : ' --system has no effect on it.';
      terminal.note(
        `warning: ${speaker.name} has no chat template. It continues what you type as plain text.${unused}`,
      );
    }
    const longest = longestReply(flags.maxTokens, model.config.contextLength);
    if (longest < flags.maxTokens)
      terminal.note(
        `warning: --max-tokens ${flags.maxTokens}: replies of ${speaker.name} end after ${longest} tokens, half of its context.`,
      );
    await withSpeakers(others, flags, terminal, (rest) => work([speaker, ...rest]));
  });
}

/** Loads the models, calls `work`, and frees them in any case. */
async function withTalkers(
  speakers: readonly Speaker[],
  flags: Flags,
  terminal: Terminal,
  work: (talkers: readonly NamedTalker[]) => Promise<void>,
): Promise<void> {
  const { quiet } = flags;
  const engine = await openEngineFor(terminal, flags);
  const decoders: Decoder[] = [];
  try {
    const talkers: NamedTalker[] = [];
    for (const { name, model, speech } of speakers) {
      const layout = decoderLayout(model.config);
      const decoder = await watch(loadOn(model.checkpoint, engine), terminal, { layout, quiet });
      decoders.push(decoder);
      talkers.push({ ...talker(decoder, speech, flags), name });
    }
    await work(talkers);
  } finally {
    for (const decoder of decoders) decoder.dispose();
  }
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
    .option('--top-k <number>', 'sample from this many of the likeliest tokens (default: all)', count)
    .option(
      '--min-p <share>',
      'leave out tokens whose probability is below this share of the largest one (default: 0)',
      numberFlag({ minimum: 0, maximum: 1 }),
    )
    .option('--max-tokens <number>', 'maximum length of a reply', count, 256)
    .option('--seed <number>', 'seed of the sampling', seed, 42)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--quiet', 'show no progress and no speed')
    .action(async (path, { compare, prompt, ...flags }) => {
      const talk = async (talkers: readonly NamedTalker[]): Promise<void> => {
        const answer = (text: string, signal: AbortSignal) =>
          showReplies(
            talkers.map(({ name, reply }) => ({ name, parts: reply(text, signal) })),
            terminal,
            flags.quiet,
          );
        if (prompt === undefined) return converse(terminal, answer);
        await answer(prompt, terminal.signal);
        terminal.signal.throwIfAborted();
      };
      const paths = compare === undefined ? [path] : [compare, path];
      await withSpeakers(paths, flags, terminal, (speakers) => withTalkers(speakers, flags, terminal, talk));
    });
