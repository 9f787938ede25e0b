/** Commands that have flags for the settings of a run. */
const COMMANDS = ['prune', 'sweep'];

/**
 * What to tell about an unknown option that earlier releases had by this name.
 *
 * @param message commander's message, which names the option
 * @returns undefined if the option has no new name.
 */
export async function renamedFlag(argv: readonly string[], message: string): Promise<string | undefined> {
  if (!COMMANDS.includes(argv[0] ?? '')) return undefined;
  const old = /unknown option '--([a-z0-9-]+)/.exec(message)?.[1];
  if (old === undefined) return undefined;
  const { RENAMED_FLAGS } = await import('@grasp/prune'); // not loaded unless an option is unknown
  const today = RENAMED_FLAGS.get(old);
  return today === undefined ? undefined : `--${old} has a new name: --${today}.`;
}
