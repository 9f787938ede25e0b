#!/usr/bin/env node
// Packs all that is published, packages and apps, into one folder. Needs a build.
//
//   npm run pack:all              into out/packages
//   npm run pack:all -- FOLDER
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Runs the pnpm that the repository pins. */
export function pnpm(args, cwd) {
  const { packageManager } = readJson(join(root, 'package.json'));
  execFileSync('npx', ['--yes', packageManager, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** What is published: `{ path, manifest }` of each. */
export const published = ['packages', 'apps']
  .flatMap((group) => readdirSync(join(root, group)).map((folder) => join(root, group, folder)))
  .map((path) => ({ path, manifest: readJson(join(path, 'package.json')) }))
  .filter(({ manifest }) => !manifest.private);

/** The name that pnpm gives a tarball. */
const tarballName = ({ name, version }) => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;

/** Packs all into a folder; returns the path of each tarball by the name of its package. */
export function packAll(folder) {
  mkdirSync(folder, { recursive: true });
  const tarballs = {};
  for (const { path, manifest } of published) {
    const tarball = join(folder, tarballName(manifest));
    rmSync(tarball, { force: true });
    pnpm(['pack', '--pack-destination', folder], path);
    tarballs[manifest.name] = tarball;
  }
  return tarballs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.env.INIT_CWD ?? '.', process.argv[2] ?? join(root, 'out/packages'));
  for (const tarball of Object.values(packAll(folder))) process.stdout.write(`${tarball}\n`);
}
