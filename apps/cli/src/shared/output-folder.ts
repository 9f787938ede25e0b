import { claimOutputFolder } from '@grasp/checkpoint';

/**
 * Claims an output folder before any work, hands `work` the place to write to, and gives the folder its name when
 * that is done. Whatever goes wrong, nothing is left of it.
 *
 * @returns what `work` returns.
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
    await output.discard().catch(() => {}); // the first error is the one to report
    throw error;
  }
  await output.commit();
  return result;
}
