import { claimOutputFolder } from '@grasp/files';

/**
 * Claims an output folder before any work, calls `work` with the folder to write to, and gives that folder its name
 * when `work` is done. If anything fails, what was written is deleted.
 *
 * @returns what `work` returns
 */
export async function withOutputFolder<Result>(
  path: string,
  options: { readonly overwrite: boolean },
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const output = await claimOutputFolder(path, options);
  try {
    const result = await work(output.work);
    await output.commit();
    return result;
  } catch (error) {
    await output.discard().catch(() => {}); // the first error is the one to report
    throw error;
  }
}
