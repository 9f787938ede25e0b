import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { openTimeout } from '../../test/support.js';
import { openTensorFlow } from '../index.js';
import { unchangedMappings } from './release-pages.js';

const SMAPS = `7f00-7f10 r--p 00000000 fe:00 12   /lib/a library.so
Rss:                  16 kB
Anonymous:             0 kB
7f10-7f30 r-xp 00000010 fe:00 12   /lib/a library.so
Anonymous:             0 kB
7f30-7f40 r--p 00000030 fe:00 12   /lib/a library.so
Anonymous:            12 kB
7f40-7f50 rw-p 00000040 fe:00 12   /lib/a library.so
Anonymous:             0 kB
7f50-7f60 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f60-7f70 r-xp 00000000 fe:00 13   /lib/another.so
Anonymous:             0 kB
`;

describe('unchangedMappings', () => {
  it('leaves out what was written, can be written, or belongs to other files', () => {
    expect(unchangedMappings(SMAPS, ['/lib/a library.so'])).toEqual([
      { start: 0x7f00n, bytes: 0x10 },
      { start: 0x7f10n, bytes: 0x20 },
    ]);
    expect(unchangedMappings(SMAPS, [])).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('the open library', () => {
  /** Bytes of the library's files that are in memory. */
  function resident(folder: string): number {
    let [ours, sum] = [false, 0];
    for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
      if (/^[0-9a-f]+-/.test(line)) ours = line.includes(folder);
      else if (ours) sum += 1024 * Number(/^Rss: +(\d+) kB/.exec(line)?.[1] ?? 0);
    }
    return sum;
  }

  it(
    'holds few pages of its files after its start, and computes with them',
    async () => {
      const { info, dispose } = await openTensorFlow({ threads: { intra: 1 } });
      expect(resident(realpathSync(path.resolve(info.library)))).toBeLessThan(100e6);
      expect(tf.tidy(() => tf.sum(tf.ones([3, 5])).dataSync()[0])).toBe(15);
      dispose();
    },
    openTimeout,
  );
});
