import type { Terminal } from './terminal.js';

/** Control characters except tab and newline, line separators, and marks that change the direction of text. */
const CONTROL = /(?![\t\n])[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Text with control characters written as `\u001b`, so that a name from a file cannot command the terminal. */
export function plainText(text: string): string {
  return text.replace(CONTROL, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A terminal whose output holds no control character but tab, newline and, in {@link Terminal.write}, carriage return. */
export function plainTerminal(terminal: Terminal): Terminal {
  return Object.create(terminal, {
    print: { value: (line: string) => terminal.print(plainText(line)) },
    note: { value: (line: string) => terminal.note(plainText(line)) },
    write: { value: (text: string) => terminal.write(text.split('\r').map(plainText).join('\r')) },
  });
}
