import { claimOutputFolder } from '@grasp/files';
import type { Checkpoint } from '../checkpoint.js';
import { type WriteFolderOptions, writeFolder } from './write-folder.js';

export interface WriteCheckpointOptions extends WriteFolderOptions {
  /** Replace an earlier output. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Writes a checkpoint, or a view of one, as a Hugging Face folder. The folder has its name when it is complete, on the
 * disk, and verified by reading it back. After an error nothing of it is left.
 *
 * @throws FileWriteError, NarrowingOverflowError; what reading the checkpoint throws
 */
export async function writeCheckpoint(
  checkpoint: Checkpoint,
  path: string,
  { overwrite = false, ...options }: WriteCheckpointOptions = {},
): Promise<void> {
  const output = await claimOutputFolder(path, { overwrite });
  try {
    await writeFolder(checkpoint, output.work, options);
    await output.commit();
  } catch (error) {
    await output.discard().catch(() => {}); // the first error is the one to report
    throw error;
  }
}
