import type { DownloadError } from '@grasp/download';
import { TensorFlowSetupError } from '../errors.js';
import { libraryVariable } from './library-location.js';

/** A failed download of the library, with the way round it. */
export function setupError({ problem, reason, remedy, cause }: DownloadError): TensorFlowSetupError {
  return new TensorFlowSetupError(
    problem,
    reason,
    `${remedy} Or set ${libraryVariable} to a folder that holds the libraries.`,
    { cause },
  );
}
