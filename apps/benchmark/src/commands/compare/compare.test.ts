import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { parseHealSettings } from '@grasp/prune';
import { tinyLlama, tinyText } from '@grasp/testing';
import { expect, it } from 'vitest';
import { compare } from './compare.js';
import { comparedMethods } from './methods.js';
import { RECOVERIES } from './recoveries.js';

it('refuses a keep ratio at which nothing can be compared, before any work', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-compare-ratio-'));
  try {
    const text = { name: 'mine', path: join(folder, 'text.txt') };
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
    await writeFile(text.path, tinyText);
    const run = compare(
      {
        ...{ models: [join(folder, 'model')], methods: await comparedMethods(['flap', 'grasp+']) },
        ...{ keep: [0.5, 0.00001], seeds: [1], recoveries: RECOVERIES.slice(0, 1) },
        ...{ settings: { text: { blocks: 1, length: 32 } }, heal: parseHealSettings({}) },
        ...{ calib: text, texts: [text], tasks: [], windows: 1, out: join(folder, 'out') },
        openEngine: () => Promise.reject(new Error('there is work')),
        say: () => {},
      },
      async () => {},
    );
    await expect(run).rejects.toMatchObject({
      code: 'GRASP_BENCH_OPTION',
      message: expect.stringMatching(/^--keep 0\.00001: no method .* Use budget\.keep 0\.\d+ or more/),
    });
    expect(await readdir(folder)).not.toContain('out');
  } finally {
    await rm(folder, { recursive: true });
  }
});
