import { basename, resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { tokenizerRoles } from '@grasp/checkpoint';
import { decoderLayout } from '@grasp/decoder';
import { loadOn } from '@grasp/prune';
import { chatPrompt } from '@grasp/tokenizer';
import { openEngineFor } from '../../shared/engine.js';
import { countFrom, nonEmpty, options } from '../../shared/flags.js';
import { endTokens } from '../../shared/generation/continue-tokens.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { numberFlag } from '../../shared/number-flag.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';
import { hostNames, origins } from './http/access-flags.js';
import { serveApp } from './http/app.js';
import { checkAddress, listen } from './http/listen.js';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export const serveCommand = (terminal: Terminal) =>
  new Command()
    .argument('<model>', MODEL_HELP, nonEmpty)
    .option('--host <address>', 'address to listen on', nonEmpty, '127.0.0.1')
    .option(
      '--port <number>',
      'TCP port to listen on; 0 for any free one',
      numberFlag({ type: 'integer', minimum: 0, maximum: 65_535 }),
      8080,
    )
    .option(
      '--name <name>',
      'name of the model for clients (default: the name of its folder or file)',
      nonEmpty,
    )
    .addOption(
      new Option('--api-key <key>', 'key that clients must send').env('GRASP_API_KEY').argParser(nonEmpty),
    )
    .option('--allow-host <name>', 'name of this machine that clients may use; repeatable', hostNames)
    .option('--allow-origin <origin>', 'origin of web pages that may use the server; repeatable', origins)
    .option('--queue <number>', 'requests that may wait while one is answered', countFrom(0), 16)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--quiet', 'show no progress, and no line for each request')
    .action(async (path, { host, port, name, backend, threads, quiet, queue, apiKey, ...access }) => {
      await checkAddress(host, port); // before the model is loaded
      await withModel(path, { terminal, quiet, threads }, async ({ checkpoint, config, tokenizer }) => {
        const engine = await openEngineFor(terminal, { backend, threads, quiet });
        const layout = decoderLayout(config);
        const decoder = await watch(loadOn(checkpoint, engine), terminal, { layout, quiet });
        try {
          const roles = await tokenizerRoles(checkpoint);
          const model = {
            name: name ?? basename(resolve(path)),
            view: decoder.under(),
            tokenizer,
            ends: endTokens(roles, tokenizer),
            vocabSize: config.vocabSize,
            chatPrompt: chatPrompt(roles),
          };
          const app = serveApp(model, {
            hosts: [host, ...(access.allowHost ?? [])],
            origins: access.allowOrigin ?? [],
            apiKey,
            queue,
            closing: terminal.signal,
            onAnswer: quiet ? () => {} : terminal.note,
            onFailure: terminal.note,
          });
          const server = await listen(app, host, port);
          terminal.print(`Serving ${model.name} at ${server.url}/v1`);
          if (!LOOPBACK.includes(host) && apiKey === undefined) {
            terminal.note('warning: anyone who reaches this address can use the model. Set --api-key.');
          }
          await aborted(terminal.signal);
          await server.close();
          terminal.signal.throwIfAborted();
        } finally {
          decoder.dispose();
        }
      });
    });

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
