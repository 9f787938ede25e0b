#!/usr/bin/env node
// The commands of the README, on a machine that has only Node with npm and Python with pip:
//
//   npm run demo      prune a small real model and show what was kept of it
//   npm test          the unit tests
//   npm run verify    replay reference folders
//   npm run build     build every package and app
//   npm run docs      build the documentation and check its links
//
// Each one installs the dependencies if they are missing or older than the lockfile, builds what it needs, and
// runs. Plain JavaScript without dependencies, because it runs before there are any.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { engines, packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const tasks = {
  build: () => build(),
  demo: async (args) => {
    await requirePython('The demo fetches its model with pip');
    await build('@grasp/cli');
    return run(process.execPath, [join(root, 'apps/cli/dist/main.js'), 'demo', ...args], userFolder());
  },
  docs: () => run(process.execPath, [join(root, 'scripts/docs.mjs')]),
  test: (args) => run(process.execPath, [bin('vitest/vitest.mjs'), 'run', '--project', 'unit-*', ...args]),
  verify: async (args) => {
    await build('@grasp/benchmark');
    return run(
      process.execPath,
      [join(root, 'apps/benchmark/dist/main.js'), 'verify', ...args],
      userFolder(),
    );
  },
};

class TaskError extends Error {}

/** Runs a command with this terminal; resolves to its exit code (128 + n for a signal). */
function run(command, args, cwd = root) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    child.on('error', (error) => reject(new TaskError(`Could not start ${command}: ${error.message}`)));
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/** pnpm in the version the repository pins, without installing it. */
const pnpm = (...args) => run('npx', ['--yes', packageManager, ...args]);

/** The folder the user stands in: npm starts scripts in the repository's root. */
const userFolder = () => process.env.INIT_CWD ?? process.cwd();

const bin = (path) => join(root, 'node_modules', path);

function requireNode() {
  const wanted = engines.node.replace('>=', '');
  const number = (version) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
  const have = process.versions.node;
  if (number(have) < number(`${wanted}.0`)) {
    throw new TaskError(`Node ${have} is too old: Node ${wanted} or newer is needed (https://nodejs.org).`);
  }
}

async function requirePython(why) {
  const check = ['-c', 'import sys, pip; sys.exit(sys.version_info < (3, 10))'];
  const code = await new Promise((resolve) => {
    spawn('python3', check, { stdio: 'ignore' })
      .on('error', () => resolve(1))
      .on('close', resolve);
  });
  if (code !== 0) {
    throw new TaskError(
      `${why}, and no Python 3.10 or newer with pip was found as "python3". ` +
        'Install python3 and python3-pip.',
    );
  }
}

/** Installs unless the last install by this script was of the very same lockfile. */
async function install() {
  const stamp = join(root, 'node_modules/.grasp-lockfile');
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return;
  process.stderr.write('Installing dependencies…\n');
  const code = await pnpm('install', '--frozen-lockfile', '--config.confirm-modules-purge=false');
  if (code !== 0) throw new TaskError('Installing the dependencies failed; the messages above say why.');
  writeFileSync(stamp, lockfile);
}

/** Builds one package and those it depends on, or everything; nothing is built twice, and nothing if GRASP_BUILT says that all is. */
async function build(name) {
  if (process.env.GRASP_BUILT === '1') return 0;
  const quiet = ['--output-logs=errors-only', '--no-update-notifier'];
  const filter = name === undefined ? [] : [`--filter=${name}`];
  const code = await pnpm('exec', 'turbo', 'run', 'build', ...filter, ...quiet);
  if (code !== 0)
    throw new TaskError(`Building ${name ?? 'the project'} failed; the messages above say why.`);
  return code;
}

async function main([name, ...args]) {
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
  if (task === undefined) {
    throw new TaskError(`Unknown task "${name ?? ''}": one of ${Object.keys(tasks).join(', ')}.`);
  }
  process.on('SIGINT', () => {}); // the child gets it too, and decides
  requireNode();
  await install();
  return task(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TaskError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
