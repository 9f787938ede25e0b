import type { DownloadError } from '@grasp/download';
import { TensorFlowSetupError } from '../errors.js';
import { libraryVariable } from './library-location.js';

/** Turns a failed download into a set-up error, and adds how to do without a download. */
export function setupError({ problem, reason, remedy, cause }: DownloadError): TensorFlowSetupError {
  return new TensorFlowSetupError(
    problem,
    reason,
    `${remedy} Or set ${libraryVariable} to a folder with the libraries.`,
    { cause },
  );
}
