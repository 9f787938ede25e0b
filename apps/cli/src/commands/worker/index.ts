import { freemem } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import { type Served, serveTensorFlow } from '@grasp/tensorflow';
import { openingView } from '../../shared/engine.js';
import { options } from '../../shared/flags.js';
import { formatBytes, formatItems } from '../../shared/format.js';
import { numberFlag } from '../../shared/number-flag.js';
import type { Terminal } from '../../shared/terminal.js';

const port = numberFlag({ type: 'integer', minimum: 1, maximum: 65_535 });

function offered({ version, devices, threads }: Served): string {
  const gpus = devices.filter(({ type }) => type === 'GPU');
  const gpuMemory = gpus.map(({ memoryBytes }) => formatBytes(memoryBytes)).join(', ');
  const device =
    gpus.length > 0
      ? `${gpus.length} GPU (${gpuMemory})`
      : `${formatItems(threads, 'thread')}, ${formatBytes(freemem())} of free memory`;
  return `TensorFlow ${version}, ${device}`;
}

/** Rejects when the signal is aborted. */
const untilInterrupted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const keepRunning = setInterval(() => {}, 2 ** 30);
    const end = (): void => {
      clearInterval(keepRunning);
      reject(signal.reason);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

export const workerCommand = (terminal: Terminal) =>
  new Command()
    .requiredOption('--port <number>', 'TCP port to listen on', port)
    .option(
      '--all-interfaces',
      'listen on every interface, not only loopback; anyone who reaches the port can run code here',
    )
    .addOption(options.threads())
    .action(async ({ port, allInterfaces = false, threads }) => {
      const served = await openingView(terminal, (opening) =>
        serveTensorFlow({ port, allInterfaces, ...(threads === undefined ? {} : { threads }), ...opening }),
      );
      const where = allInterfaces
        ? 'on every interface, open to anyone who reaches it'
        : 'on the loopback interface only';
      terminal.print(`Serving at localhost:${port}, ${where}: ${offered(served)}`);
      await untilInterrupted(terminal.signal);
    });
