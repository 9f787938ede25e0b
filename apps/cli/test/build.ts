import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The built command, for tests of whole processes. */
export const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Builds the command and all that it stands on, unless GRASP_BUILT says that everything is built. */
export async function buildCommand(): Promise<void> {
  if (process.env.GRASP_BUILT === '1') return;
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await execa('npx', ['--yes', packageManager, 'exec', 'turbo', 'run', 'build', '--filter=@grasp/cli'], {
    cwd: root,
  });
}
