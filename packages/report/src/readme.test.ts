import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeMask } from '@grasp/fold';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { drawRun } from '../examples/draw-run.js';
import { madeUpRun } from '../test/made-up-run.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/draw-run.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example draws what is in a folder, and says what is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-example-'));
  const at = (name: string) => join(folder, name);
  try {
    const { record, units } = madeUpRun();
    await expect(drawRun(folder, at('report.html'))).rejects.toThrow(/there is no grasp.json/);
    await writeFile(at('grasp.json'), JSON.stringify({ ...record, budgets: undefined }));
    await expect(drawRun(folder, at('report.html'))).rejects.toThrow(
      /grasp.json: It is not the record of a run/,
    );
    await writeFile(at('grasp.json'), JSON.stringify(record));
    await writeFile(at('grasp-mask.json'), encodeMask({ layout: units.layout, mask: units.mask }));
    await expect(drawRun(folder, at('report.html'))).rejects.toThrow(/holds no scores/);
    await writeFile(at('grasp-mask.json'), encodeMask(units));
    await drawRun(folder, at('report.html'));
    expect(await readFile(at('report.html'), 'utf8')).toContain('1,800 of 3,600 FFN channels');
  } finally {
    await rm(folder, { recursive: true });
  }
});
