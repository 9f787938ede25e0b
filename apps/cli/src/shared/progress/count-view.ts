import { SingleBar } from 'cli-progress';
import type { Terminal } from '../terminal.js';

/** Shows the progress of a count: a bar on a terminal, a line at every tenth elsewhere, nothing if quiet. */
export interface CountView {
  show(label: string, done: number, total: number): void;
  stop(): void;
}

const LINES = 10;

export function countView(terminal: Terminal, quiet = false): CountView {
  if (quiet) return { show() {}, stop() {} };
  return terminal.screen ? bar(terminal.screen) : lines(terminal.note);
}

function bar(stream: NodeJS.WriteStream): CountView {
  const format = '{label} {bar} {value}/{total}, {eta_formatted} left';
  const single = new SingleBar({ stream, format, clearOnComplete: true, hideCursor: true });
  let current: string | undefined;
  return {
    show(label, done, total) {
      if (label !== current) single.start(total, done, { label });
      current = label;
      single.update(done, { label });
    },
    stop: () => single.stop(),
  };
}

function lines(note: Terminal['note']): CountView {
  let current: string | undefined;
  let told = 0;
  return {
    show(label, done, total) {
      const part = Math.floor((LINES * done) / Math.max(total, 1));
      if (label === current && part === told) return;
      [current, told] = [label, part];
      note(`${label} ${done}/${total}`);
    },
    stop() {},
  };
}
