import { claimOutputFolder } from '@grasp/checkpoint';

/**
 * Claims an output folder, calls `work` with a temporary folder, and renames that folder when `work` is done. If
 * anything fails, the temporary folder is removed.
 *
 * @returns the result of `work`.
 */
export async function withOutputFolder<Result>(
  path: string,
  options: { readonly overwrite: boolean },
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const output = await claimOutputFolder(path, options);
  let result: Result;
  try {
    result = await work(output.work);
  } catch (error) {
    await output.discard().catch(() => {}); // report the first error
    throw error;
  }
  await output.commit();
  return result;
}
