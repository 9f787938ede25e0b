import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { sizeOf } from './files.js';

/**
 * Looks four times a second how long the wheel is that pip is writing somewhere below `folder`.
 *
 * @returns a function that stops it
 */
export function watchGrowth(folder: string, onSize: (bytes: number) => void): () => void {
  let stopped = false;
  const timer = setInterval(async () => {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    const sizes = await Promise.all(
      files.filter((file) => file.endsWith('.whl')).map((file) => sizeOf(path.join(folder, file))),
    );
    const largest = Math.max(0, ...sizes);
    if (largest > 0 && !stopped) onSize(largest);
  }, 250);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
