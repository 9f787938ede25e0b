import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimOutputFolder } from '@grasp/files';
import { expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

it('grasp demo replaces no earlier result in a folder of the user, and says so before the download', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-demo-'));
  try {
    const out = join(folder, 'mine');
    const output = await claimOutputFolder(out);
    await writeFile(join(output.work, 'file'), 'hours of work');
    await output.commit();
    const { code, err } = await grasp('demo', '--out', out, '--quiet');
    expect({ code, err }).toEqual({ code: 5, err: expect.stringContaining('Add --overwrite') });
    expect(await readFile(join(out, 'file'), 'utf8')).toBe('hours of work');
    expect(await readdir(folder)).toEqual(['mine']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
