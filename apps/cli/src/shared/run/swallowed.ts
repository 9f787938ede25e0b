import { stat } from 'node:fs/promises';

/**
 * A flag that takes several values also takes an argument that follows it. Says so, if the last value of one is a folder
 * or a GGUF file, as models and outputs of runs are.
 *
 * @param flags values by commander's name of the option
 */
export async function swallowedArgument(
  flags: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  for (const [name, values] of Object.entries(flags)) {
    const last: unknown = Array.isArray(values) ? values.at(-1) : undefined;
    if (typeof last !== 'string') continue;
    const isFolder = await stat(last).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (!isFolder && !/\.gguf$/i.test(last)) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `"${last}" was read as a value of --${flag}. Put it before the flags.`;
  }
  return undefined;
}
