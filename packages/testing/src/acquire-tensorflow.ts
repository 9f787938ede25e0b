// By path: vitest runs a global set-up without the workspace's source condition, and nothing is built yet.
import { acquireLibrary } from '../../tensorflow/src/index.js';

/**
 * Runs once before all tests: fetches TensorFlow where it is missing, so that no test has to wait for it. Where it
 * cannot be had, its tests are skipped and the reason is told at the end.
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
