import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Path of the built command. */
export const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Builds the command and all packages that it depends on, unless GRASP_BUILT says that everything is built. */
export async function buildCommand(): Promise<void> {
  if (process.env.GRASP_BUILT === '1') return;
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const build = ['exec', 'turbo', 'run', 'build', '--filter=@grasp/benchmark'];
  await execa('npx', ['--yes', packageManager, ...build], { cwd: root });
}
