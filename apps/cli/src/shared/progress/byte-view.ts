import { SingleBar } from 'cli-progress';
import { formatBytes } from '../format.js';
import type { Terminal } from '../terminal.js';

/** Shows progress in bytes: a bar on a terminal, a line every few seconds elsewhere. */
export interface ByteView {
  show(label: string, done: number, total: number): void;
  stop(): void;
}

const LINE_EVERY_MS = 5000;

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
      const now = performance.now();
      if (bar) {
        if (label !== current) bar.start(total, done, { label, size });
        bar.update(done, { label, size });
      } else if (label !== current || now - told > LINE_EVERY_MS) {
        note(label === current ? `${label} ${formatBytes(done)} of ${size}` : `${label} (${size})`);
        told = now;
      }
      current = label;
    },
    stop() {
      bar?.stop();
      current = undefined; // what is shown next starts anew
    },
  };
}
