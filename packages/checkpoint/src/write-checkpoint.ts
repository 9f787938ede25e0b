import type { Checkpoint } from './checkpoint.js';
import { claimOutputFolder } from './output-folder.js';
import { type WriteFolderOptions, writeFolder } from './write-folder.js';

export interface WriteCheckpointOptions extends WriteFolderOptions {
  /** Replace a folder that was written here before. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Writes a checkpoint, or a view of one, as a Hugging Face folder. The folder appears under its name only when it
 * is complete, verified by reading it back, and on the disk; on any error nothing of it is left.
 *
 * @throws CheckpointWriteError, NarrowingOverflowError, and what reading the checkpoint throws
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
