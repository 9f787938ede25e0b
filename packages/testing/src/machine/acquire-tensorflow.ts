// By path: vitest runs a global set-up without the workspace's source condition, and nothing is built yet.
import { acquireLibrary } from '../../../tensorflow/src/index.js';

/**
 * Downloads TensorFlow once before all tests, if it is missing. If the download fails, tests that need it are skipped, and
 * the reason is reported at the end.
 */
export async function setup(): Promise<void> {
  let told: string | undefined;
  try {
    await acquireLibrary({
      onProgress: ({ stage, total }) => {
        if (stage !== told) process.stderr.write(`TensorFlow: ${stage}, ${Math.ceil(total / 1e6)} MB\n`);
        told = stage;
      },
    });
  } catch (error) {
    process.env.GRASP_TENSORFLOW_MISSING = (error as Error).message;
  }
}
