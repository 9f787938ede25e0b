import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The package's folder, in which processes of tests import it by name. */
export const folder = fileURLToPath(new URL('..', import.meta.url));

/** Builds the package, for tests of whole processes, unless GRASP_BUILT says that everything is built. */
export async function buildPackage(): Promise<void> {
  if (process.env.GRASP_BUILT === '1') return;
  const { packageManager } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const build = ['exec', 'turbo', 'run', 'build', '--filter=@grasp/tensorflow'];
  await execa('npx', ['--yes', packageManager, ...build], { cwd: root });
}
