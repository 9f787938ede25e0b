import { SingleBar } from 'cli-progress';
import { formatBytes } from '../format.js';
import type { Terminal } from '../terminal.js';

/** Shows how far something in bytes is: a bar where a person watches, a line at every tenth elsewhere. */
export interface ByteView {
  show(label: string, done: number, total: number): void;
  stop(): void;
}

const LINES = 10;

export function byteView({ screen, note }: Pick<Terminal, 'screen' | 'note'>): ByteView {
  const bar =
    screen &&
    new SingleBar({
      stream: screen,
      format: '{label} {bar} {percentage}% of {size}',
      clearOnComplete: true,
      hideCursor: true,
    });
  let current: string | undefined;
  let told = 0;
  return {
    show(label, done, total) {
      const size = formatBytes(total);
      const part = Math.floor((LINES * done) / Math.max(total, 1));
      if (bar) {
        if (label !== current) bar.start(total, done, { label, size });
        bar.update(done, { label, size });
      } else if (label !== current) note(`${label} (${size})`);
      else if (part !== told) note(`${label} ${formatBytes(done)} of ${size}`);
      [current, told] = [label, part];
    },
    stop: () => bar?.stop(),
  };
}
