import { createInterface } from 'node:readline';
import type { Terminal } from '../../shared/terminal.js';

/** Reads messages line by line and calls `answer` for each, until the input ends. Ctrl-C stops only an answer. */
export async function converse(
  terminal: Terminal,
  answer: (text: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { input, screen, signal } = terminal;
  const lines = createInterface({ input, signal, prompt: '> ', ...(screen ? { output: screen } : {}) });
  // Input that ends during an answer closes the interface. In Node 24, a closed interface throws when it prompts.
  let open = true;
  lines.once('close', () => {
    open = false;
  });
  const ask = () => {
    if (open) lines.prompt();
  };
  let answering: AbortController | undefined;
  const interrupt = () => {
    if (answering) answering.abort();
    else terminal.note('\nPress Ctrl-D to exit.');
    if (!answering) ask();
  };
  // Ctrl-C is a key on a terminal in raw mode, and a signal elsewhere.
  const release = terminal.onInterrupt(interrupt);
  lines.on('SIGINT', interrupt);
  try {
    ask();
    for await (const line of lines) {
      if (line.trim() !== '') {
        answering = new AbortController();
        await answer(line, AbortSignal.any([signal, answering.signal]));
        answering = undefined;
      }
      if (signal.aborted) break;
      ask();
    }
  } finally {
    release();
    lines.close();
  }
  signal.throwIfAborted();
}
