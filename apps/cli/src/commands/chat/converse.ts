import { createInterface } from 'node:readline';
import type { Terminal } from '../../shared/terminal.js';

/**
 * Reads what a person says, line by line, and has it answered, until the input ends. Ctrl-C stops an answer and
 * nothing else.
 */
export async function converse(
  terminal: Terminal,
  answer: (text: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { input, screen, signal } = terminal;
  const lines = createInterface({ input, signal, prompt: '> ', ...(screen ? { output: screen } : {}) });
  // Input that ends during an answer closes the interface, and Node 24 throws where a closed one is asked to prompt.
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
    else terminal.note('\nCtrl-D leaves.');
    if (!answering) ask();
  };
  // On a terminal in raw mode Ctrl-C is a key, elsewhere a signal.
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
