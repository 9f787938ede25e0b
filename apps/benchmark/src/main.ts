#!/usr/bin/env node
import { CommanderError } from '@commander-js/extra-typings';
import { createProgram } from './program.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const known = error instanceof Error && 'code' in error && String(error.code).startsWith('GRASP_');
    console.error(known ? `grasp-bench: ${error.message}` : error);
    process.exitCode = known ? 1 : 70;
  }
}
