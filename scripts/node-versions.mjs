#!/usr/bin/env node
// The unit tests on each line of Node that is supported, oldest release first; the npm package `node` carries them.
//
//   npm run test:nodes            all of them
//   npm run test:nodes -- 22      one
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const asked = process.argv.slice(2);
const versions = asked.length > 0 ? asked : ['20.19', '22', '24'];
const failed = versions.filter((version) => {
  process.stdout.write(`\n=== Node ${version}\n`);
  const tests = ['node', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'unit-*'];
  const { status } = spawnSync('npx', ['--yes', '--package', `node@${version}`, '--', ...tests], {
    cwd: root,
    stdio: 'inherit',
  });
  return status !== 0;
});
process.stdout.write(failed.length > 0 ? `\nFailed on Node ${failed.join(', ')}.\n` : '\nAll passed.\n');
process.exitCode = failed.length > 0 ? 1 : 0;
