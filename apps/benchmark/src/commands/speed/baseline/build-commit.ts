import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@grasp/files';
import { execa } from 'execa';
import { OUR_SCRIPT } from '../../../shared/timing/start-step.js';
import { BaselineError } from './baseline-error.js';

/** A build of another commit. */
export interface CommitBuild {
  /** Short name of the commit. */
  readonly commit: string;
  /** The script that runs its steps. */
  readonly script: string;
  /** Removes the worktree from the repository. */
  remove(): Promise<void>;
}

/** Where the command is in a checkout, and its name in the workspace. */
const COMMAND = { folder: join('apps', 'benchmark'), package: '@grasp/benchmark' };
/** Lines of a failed build that are shown. */
const SHOWN_LINES = 15;

/**
 * Checks out a commit beside the current one, as a worktree of the same repository, and builds it.
 *
 * @param from a folder in the checkout
 * @param folder where the worktree goes; must not exist
 * @throws BaselineError if `from` is in no checkout, if the commit is not known, or if it cannot be built
 */
export async function buildCommit(
  from: string,
  commit: string,
  folder: string,
  say: (line: string) => void,
): Promise<CommitBuild> {
  const root = await topOf(from);
  const id = await git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`);
  if (id.failed)
    throw new BaselineError(
      `${root} has no commit ${commit}. Name a commit, tag or branch that git knows, or fetch it first.`,
      'unknown-commit',
    );
  const name = (await git(root, 'rev-parse', '--short', id.stdout)).stdout;
  const remove = async () => {
    await git(root, 'worktree', 'remove', '--force', folder);
    await git(root, 'worktree', 'prune');
  };
  try {
    await step(name, 'git worktree add', () => git(root, 'worktree', 'add', '--detach', folder, id.stdout));
    const manager = await packageManager(folder, name);
    const pnpm = (...args: string[]) =>
      execa('npx', ['--yes', manager, ...args], { cwd: folder, reject: false });
    say(`installing the packages of ${name} …`);
    const offline = await pnpm('install', '--frozen-lockfile', '--offline');
    if (offline.failed) await step(name, 'pnpm install', () => pnpm('install', '--frozen-lockfile'));
    say(`building ${name} …`);
    const filter = `--filter=${COMMAND.package}`;
    await step(name, 'turbo run build', () => pnpm('exec', 'turbo', 'run', 'build', filter));
    return { commit: name, script: await scriptIn(folder, name), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const git = (cwd: string, ...args: string[]) => execa('git', args, { cwd, reject: false });

async function topOf(from: string): Promise<string> {
  const { failed, stdout } = await git(from, 'rev-parse', '--show-toplevel');
  if (!failed) return stdout;
  throw new BaselineError(
    `${from} is not in a git checkout. A baseline needs one: clone the repository and run grasp-bench from there.`,
    'not-a-checkout',
  );
}

interface Ran {
  readonly failed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function step(commit: string, name: string, run: () => Promise<Ran>): Promise<void> {
  const { failed, stdout, stderr } = await run();
  if (!failed) return;
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  throw new BaselineError(`${commit} cannot be built: ${name} failed.\n${said}`, 'build');
}

/** The pinned pnpm of a checkout, such as `pnpm@10.34.8`. */
async function packageManager(folder: string, commit: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  const { packageManager: pinned } = parseJson(text) as { packageManager?: unknown };
  if (typeof pinned === 'string') return pinned;
  throw new BaselineError(`${commit} cannot be built: its package.json pins no packageManager.`, 'build');
}

/** The built script, which has been in several folders. */
async function scriptIn(folder: string, commit: string): Promise<string> {
  const built = join(folder, COMMAND.folder, 'dist');
  const files = await readdir(built, { recursive: true }).catch((): string[] => []);
  const found = files.find((file) => file.split(/[\\/]/).at(-1) === OUR_SCRIPT);
  if (found !== undefined) return join(built, found);
  throw new BaselineError(`${commit} has no ${OUR_SCRIPT}. Choose a newer commit.`, 'build');
}
