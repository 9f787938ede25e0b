import { join } from 'node:path';
import { pythonEnvironment } from '@grasp/lm-eval';
import { type OfficialJob, tryOfficial } from './run-official.js';

/**
 * The Python for a clone: the one that is given, or an environment with the clone's requirements. Starts the script once, so
 * that a package that is missing ends a command before its work.
 *
 * @throws PythonError, OfficialError
 */
export async function officialPython(
  job: Pick<OfficialJob, 'clone' | 'work' | 'say'>,
  given: string | undefined,
): Promise<string> {
  const { clone, say } = job;
  const python = await pythonEnvironment(join(clone, 'requirements.txt'), { python: given, onProgress: say });
  await tryOfficial({ ...job, python });
  return python;
}
