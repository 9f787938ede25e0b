import { settingLeaves } from '@grasp/prune';

/** Errors that speak of settings, by the beginnings of their codes. */
const OF_SETTINGS = ['GRASP_SETTINGS', 'GRASP_BUDGET', 'GRASP_METHOD', 'GRASP_OUTPUT_STATE'];

const flags = new Map(settingLeaves.map(({ path, flag }) => [path, `--${flag}`]));

/** Writes settings as flags: `budget.keep` → `--keep`. */
const flagsFor = (text: string): string =>
  text.replace(/\b[a-z]+\.[a-zA-Z0-9]+\b/g, (path) => flags.get(path) ?? path);

/** Runs `work`, and lets errors about settings name the flags. Packages name the settings by their paths. */
export async function inFlags<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (OF_SETTINGS.some((start) => code.startsWith(start))) {
      const known = error as Error;
      known.message = flagsFor(known.message);
    }
    throw error;
  }
}
