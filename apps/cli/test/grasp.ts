import { Readable } from 'node:stream';
import { runCommand } from '../src/program.js';
import type { Terminal } from '../src/shared/terminal.js';

/** A terminal that nobody watches and that keeps what it was told. */
export function keptTerminal(changes: Partial<Terminal> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    print: (line) => void out.push(`${line}\n`),
    write: (text) => void out.push(text),
    note: (line) => void err.push(`${line}\n`),
    flush: async () => {},
    screen: undefined,
    width: undefined,
    input: Readable.from([]),
    signal: new AbortController().signal,
    onInterrupt: () => () => {},
    ...changes,
  };
  const said = (parts: readonly string[]) => parts.join('').trimEnd();
  return { terminal, said: () => ({ out: said(out), err: said(err) }) };
}

/** Runs a command line in this process and keeps what it says. */
export async function grasp(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const { terminal, said } = keptTerminal();
  const code = await runCommand(argv, terminal);
  return { code, ...said() };
}
