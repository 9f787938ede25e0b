import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TensorFlowSetupError } from '../errors.js';
import { builds, type LibraryBuild, type LibraryFiles, tensorFlowVersion } from './builds.js';

/** Names a folder that holds the two libraries; nothing is then fetched. */
export const libraryVariable = 'GRASP_TENSORFLOW_LIBRARY';

export interface LibraryLocation {
  folder: string;
  framework: string;
  cc: string;
}

/** The per-user cache: `$XDG_CACHE_HOME/grasp`, or `~/.cache/grasp`. */
export function defaultCacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(environment.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'grasp');
}

/** Where a fetched build lives. */
export function buildFolder(cacheDir: string, build: LibraryBuild): string {
  return path.join(cacheDir, 'libtensorflow', `${tensorFlowVersion}-${build.kind}-${build.platform}`);
}

/** The libraries of a folder, if both are there. */
export function findLibrary(folder: string, files: readonly LibraryFiles[]): LibraryLocation | undefined {
  for (const names of files) {
    const framework = path.join(folder, names.framework);
    const cc = path.join(folder, names.cc);
    if (existsSync(framework) && existsSync(cc)) return { folder, framework, cc };
  }
  return undefined;
}

/**
 * The libraries of a folder that the user named.
 *
 * @throws TensorFlowSetupError ('no-library') where one is missing
 */
export function requireLibrary(folder: string): LibraryLocation {
  const found = findLibrary(
    folder,
    builds.map((build) => build.files),
  );
  if (found) return found;
  throw new TensorFlowSetupError(
    'no-library',
    `'${folder}' does not hold libtensorflow_framework and libtensorflow_cc of TensorFlow ${tensorFlowVersion}.`,
    `Point ${libraryVariable} (or the option 'library') at a folder that does, e.g. the 'tensorflow' folder ` +
      'of an installed Python package, or leave it unset to have them fetched.',
  );
}
