import { runCommand } from '../src/cli.js';

/** Runs a command line in this process and keeps what it says. */
export async function grasp(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(argv, {
    print: (line) => out.push(line),
    note: (line) => err.push(line),
    screen: undefined,
    signal: new AbortController().signal,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
