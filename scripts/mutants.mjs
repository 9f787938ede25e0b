/**
 * Checks that the tests can fail: makes one small mistake at a time in the source, runs the tests that should notice
 * it, and puts the source back. Prints each survivor and the share that was caught; exits with 1 below nine in ten.
 *
 *   npm run mutants              all mutants of scripts/mutants.json
 *   npm run mutants -- gates     those whose file or test names contain the word
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const WANTED = 0.9;

/** @type {{ file: string, from: string, to: string, tests: string[] }[]} */
const all = JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8'));
const words = process.argv.slice(2);
const mutants = all.filter(({ file, tests }) =>
  words.every((word) => [file, ...tests].some((name) => name.includes(word))),
);

if (mutants.length === 0) throw new Error(`No mutant matches ${words.join(' ')}.`);

/** Whether the tests pass. */
function pass(tests) {
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'unit-*',
    '--project',
    'slow',
    '--bail',
    '1',
    ...tests,
  ];
  const { status, signal, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (signal || status === 130) throw new Error('Interrupted.');
  if (/No test files found/.test(stdout)) throw new Error(`No test file matches ${tests.join(', ')}.`);
  return status === 0;
}

const groups = new Set(mutants.map(({ tests }) => tests.join(' ')));
for (const tests of groups) {
  if (!pass(tests.split(' '))) throw new Error(`${tests} fails before any mutation.`);
}

let caught = 0;
for (const { file, from, to, tests } of mutants) {
  const path = `${root}/${file}`;
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${file}: "${from}" must occur exactly once.`);
  let survived = true;
  // Vitest, which Ctrl-C reaches too, ends first: then this program has the time to put the source back.
  const wait = () => {};
  process.once('SIGINT', wait);
  try {
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    survived = pass(tests);
  } finally {
    writeFileSync(path, source);
    process.removeListener('SIGINT', wait);
  }
  if (!survived) caught++;
  console.log(`${survived ? 'SURVIVED' : 'caught  '}  ${file}: ${from} → ${to}`);
}
const share = caught / mutants.length;
console.log(`\n${caught} of ${mutants.length} mutants caught (${(100 * share).toFixed(0)}%).`);
process.exitCode = share >= WANTED ? 0 : 1;
