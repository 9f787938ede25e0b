import { claimOutputFolder } from '@grasp/files';

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
  try {
    const result = await work(output.work);
    await output.commit();
    return result;
  } catch (error) {
    await output.discard().catch(() => {}); // report the first error
    throw error;
  }
}

/**
 * Checks that an output folder can be written, so that a command can say so before its work. Removes what a killed run left
 * of its claim.
 *
 * @throws FileWriteError as `claimOutputFolder`
 */
export async function checkOutputFolder(
  path: string,
  options: { readonly overwrite: boolean },
): Promise<void> {
  await (await claimOutputFolder(path, options)).discard();
}
