import { openSync } from 'node:fs';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

beforeAll(buildCommand);

it.each([['--help'], ['--version'], ['help', 'prune']])(
  'tells that standard output takes nothing: %s %s',
  async (...argv) => {
    const stdout = openSync('/dev/full', 'w');
    const options = { reject: false, stdout: stdout as never };
    const { exitCode, stderr } = await execa('node', [main, ...argv.filter(Boolean)], options);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('standard output: cannot be written: the disk is full');
  },
);
