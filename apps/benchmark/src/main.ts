#!/usr/bin/env node
import { CommanderError } from '@commander-js/extra-typings';
import { FileWriteError } from '@grasp/files';
import { createProgram } from './program.js';

/** No command replaces an output. */
const inTheWay = ({ path }: FileWriteError): string => `${path}: it exists. Choose another name.`;

try {
  const argv = process.argv.slice(2);
  await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const known = error instanceof Error && 'code' in error && String(error.code).startsWith('GRASP_');
    const message =
      error instanceof FileWriteError && error.reason === 'overwrite'
        ? inTheWay(error)
        : known && error.message;
    console.error(message ? `grasp-bench: ${message}` : error);
    process.exitCode = known ? 1 : 70;
  }
}
