import { Command } from '@commander-js/extra-typings';
import { type Pushed, type PushOptions, push } from '@grasp/hub';
import { nonEmpty, webAddress } from '../../shared/flags.js';
import { formatItems } from '../../shared/format.js';
import { byteView } from '../../shared/progress/byte-view.js';
import type { Terminal } from '../../shared/terminal.js';
import { version } from '../../shared/version.js';
import { assertFinished } from './finished-output.js';

const labels = { compare: 'comparing', hash: 'hashing', upload: 'sending', commit: 'committing' };

/** Pushes a folder and shows progress unless quiet. */
async function pushShowing(
  folder: string,
  name: string,
  options: PushOptions,
  terminal: Terminal,
  quiet: boolean,
): Promise<Pushed> {
  const view = byteView(terminal);
  const pushing = push(folder, name, { ...options, signal: terminal.signal });
  try {
    for (;;) {
      const { done, value } = await pushing.next();
      if (done) return value;
      if (!quiet) view.show(labels[value.stage], value.done, value.total);
    }
  } finally {
    view.stop();
  }
}

export const pushCommand = (terminal: Terminal) =>
  new Command()
    .argument('<folder>', 'output folder of grasp prune', nonEmpty)
    .argument('<name>', 'repository on the Hub, OWNER/NAME; created if it does not exist', nonEmpty)
    .option('--private', 'push only to a private repository')
    .option('--revision <branch>', 'branch; created if it does not exist', nonEmpty, 'main')
    .option('--endpoint <url>', 'another Hub (default: HF_ENDPOINT, or https://huggingface.co)', webAddress)
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document instead of text')
    .addHelpText(
      'after',
      '\nThe access token is HF_TOKEN, or the one that "hf auth login" stored. It is sent only to the Hub.',
    )
    .action(async (folder, name, { private: isPrivate = false, revision, endpoint, quiet = false, json }) => {
      await assertFinished(folder);
      const title = `Upload model pruned by grasp ${version}`;
      const options = { private: isPrivate, revision, title, ...(endpoint ? { endpoint } : {}) };
      const pushed = await pushShowing(folder, name, options, terminal, quiet);
      if (json) return terminal.print(JSON.stringify(pushed, null, 2));
      const { files, url } = pushed;
      const what = formatItems(files.length, 'file');
      terminal.print(
        files.length > 0 ? `Pushed ${what} to ${url}` : `Nothing to push: ${url} has every file.`,
      );
    });
