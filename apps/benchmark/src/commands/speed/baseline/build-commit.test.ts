import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommit } from './build-commit.js';

describe('buildCommit', () => {
  let folder: string;
  let repository: string;
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: repository });
  const build = (from: string, commit: string) => buildCommit(from, commit, join(folder, 'older'), () => {});
  const worktrees = async () => (await git('worktree', 'list')).stdout.split('\n').length;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-baseline-'));
    repository = join(folder, 'repository');
    await mkdir(repository);
    await git('init', '--quiet', '--initial-branch', 'main');
    await writeFile(join(repository, 'package.json'), '{"private": true}');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'no packageManager');
    await git('tag', 'bare');
    // The local path is no package, so the install fails without the network.
    await writeFile(join(repository, 'package.json'), '{"packageManager": "./nowhere"}');
    await git('commit', '--quiet', '--all', '--message', 'an install that fails');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('needs a git checkout', async () => {
    await expect(build(folder, 'HEAD')).rejects.toMatchObject({
      code: 'GRASP_BASELINE',
      problem: 'not-a-checkout',
      message: expect.stringContaining(`${folder} is not in a git checkout.`),
    });
  });

  it.each(['nothing', '--help', 'deadbeef'])('refuses the unknown commit %s', async (commit) => {
    await expect(build(repository, commit)).rejects.toMatchObject({
      problem: 'unknown-commit',
      message: expect.stringContaining(`has no commit ${commit}.`),
    });
  });

  it.each([
    ['bare', /^\w+ cannot be built: its package.json pins no packageManager\.$/],
    ['main', /^\w+ cannot be built: pnpm install failed\.\n./],
  ])('says why %s cannot be built, and leaves no worktree', async (commit, message) => {
    await expect(build(repository, commit)).rejects.toMatchObject({
      problem: 'build',
      message: expect.stringMatching(message),
    });
    expect(await worktrees()).toBe(1);
  });
});
