import { healLeaves, RunStateError, settingLeaves } from '@grasp/prune';

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

const healFlags = new Map(healLeaves.map(({ path, flag }) => [path, flag]));

/**
 * Lets an error about the saved state of a healing name the flags: `heldOut: 8 then` → `--held-out: 8 then`.
 *
 * @param prefix first part of the names of these flags
 */
export async function inHealFlags<Result>(work: () => Promise<Result>, prefix = ''): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RunStateError)
      error.message = error.message.replace(/\b(\w+)(?=: [^;]* then, )/g, (name) => {
        const flag = healFlags.get(name);
        return flag === undefined ? name : `--${prefix}${flag}`;
      });
    throw error;
  }
}
