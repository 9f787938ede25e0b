#!/usr/bin/env node
// Lists the licences of everything that is installed, and fails on one that is not allowed:
//
//   npm run licences            one line a licence, with its packages
//   npm run licences -- --prod  only what published packages bring along
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What may stand in an Apache-2.0 project's dependency tree. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);
/** Of tools that are not published with anything of ours: file-level copyleft and the like do no harm there. */
const allowedForTools = new Set([...allowed, 'MPL-2.0', 'Python-2.0', 'CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0']);
/**
 * Packages whose manifest names no licence, with what their licence file says; another version is looked at again.
 * That of spawndamnit, which starts programs for changesets, says "SEE LICENSE IN LICENSE", and there is MIT's text.
 */
const read = { 'spawndamnit@3.0.1': 'MIT' };
/** Tools of this repository of which a published package contains parts; they are checked as if they were published. */
const bundled = ['@tensorflow/tfjs-node-gpu'];

/** @returns {Record<string, { name: string, versions: string[] }[]>} packages by SPDX expression */
function installed(...options) {
  const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const args = ['--yes', packageManager, 'licenses', 'list', '--json', ...options];
  const { status, stdout, stderr } = spawnSync('npx', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`pnpm licenses list failed: ${stderr || stdout}`);
  return JSON.parse(stdout);
}

/** Whether an SPDX expression leaves a choice that is allowed. No package here mixes AND with OR. */
function permits(expression, licences) {
  const names = expression.replace(/[()]/g, '').split(/ (?:AND|OR) /);
  const test = (name) => licences.has(name);
  return expression.includes(' OR ') ? names.some(test) : names.every(test);
}

/** Prints a tree's licences; returns the packages whose licence is not allowed. */
function check(title, packages, licences) {
  const refused = [];
  process.stdout.write(`${title}\n`);
  for (const [licence, entries] of Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = entries
      .flatMap(({ name, versions }) => versions.map((version) => `${name}@${version}`))
      .sort();
    const shown = names.map((name) => (read[name] ? `${name} (${read[name]} by its licence file)` : name));
    process.stdout.write(`  ${licence} (${names.length}): ${shown.join(', ')}\n`);
    refused.push(
      ...names
        .filter((name) => !permits(read[name] ?? licence, licences))
        .map((name) => `${name}: ${licence}`),
    );
  }
  return refused;
}

const prodOnly = process.argv.includes('--prod');
const refused = check('Published with our packages', installed('--prod'), allowed);
const tools = installed('--dev');
const parts = Object.fromEntries(
  Object.entries(tools)
    .map(([licence, entries]) => [licence, entries.filter(({ name }) => bundled.includes(name))])
    .filter(([, entries]) => entries.length > 0),
);
refused.push(...check('Contained in part in our packages', parts, allowed));
if (!prodOnly) refused.push(...check('Tools of this repository', tools, allowedForTools));
if (refused.length > 0) {
  process.stderr.write(`Not allowed:\n  ${refused.join('\n  ')}\n`);
  process.exitCode = 1;
} else process.stdout.write('All licences are allowed.\n');
