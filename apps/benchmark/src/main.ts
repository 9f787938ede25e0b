#!/usr/bin/env node
import { CommanderError } from '@commander-js/extra-typings';
import { FileWriteError } from '@grasp/files';
import { exitCodeOf } from './exit-code.js';
import { createProgram } from './program.js';

/** No command replaces an output. */
const inTheWay = ({ path }: FileWriteError): string => `${path}: it exists. Choose another name.`;

try {
  const argv = process.argv.slice(2);
  await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError)) {
    const known = process.exitCode !== 70 && error instanceof Error;
    const message =
      error instanceof FileWriteError && error.reason === 'overwrite'
        ? inTheWay(error)
        : known && error.message;
    console.error(message ? `grasp-bench: ${message}` : error);
  }
}
