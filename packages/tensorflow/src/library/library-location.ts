import { existsSync } from 'node:fs';
import path from 'node:path';
import { TensorFlowSetupError } from '../errors.js';
import { builds, type LibraryBuild, type LibraryFiles, tensorFlowVersion } from './builds.js';

/** Environment variable: the folder of the two libraries. If it is set, nothing is fetched. */
export const libraryVariable = 'GRASP_TENSORFLOW_LIBRARY';

export interface LibraryLocation {
  folder: string;
  /** Path of libtensorflow_framework. */
  framework: string;
  /** Path of libtensorflow_cc. */
  cc: string;
}

/** The folder of a fetched build. */
export function buildFolder(cacheDir: string, build: LibraryBuild): string {
  return path.join(cacheDir, 'libtensorflow', `${tensorFlowVersion}-${build.kind}-${build.platform}`);
}

/** The libraries in a folder, or undefined if one is missing. */
export function findLibrary(folder: string, files: readonly LibraryFiles[]): LibraryLocation | undefined {
  for (const names of files) {
    const framework = path.join(folder, names.framework);
    const cc = path.join(folder, names.cc);
    if (existsSync(framework) && existsSync(cc)) return { folder, framework, cc };
  }
  return undefined;
}

/**
 * The libraries in a folder that the user chose.
 *
 * @throws TensorFlowSetupError ('no-library') if one is missing
 */
export function requireLibrary(folder: string): LibraryLocation {
  const found = findLibrary(
    folder,
    builds.map((build) => build.files),
  );
  if (found) return found;
  throw new TensorFlowSetupError(
    'no-library',
    `'${folder}' does not contain libtensorflow_framework and libtensorflow_cc of TensorFlow ${tensorFlowVersion}.`,
    `Set ${libraryVariable} (or the option 'library') to the 'tensorflow' folder of an installed Python package, or ` +
      'leave it unset to fetch the libraries.',
  );
}
