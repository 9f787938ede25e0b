import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, LOOKS, openInChromium } from './chromium.js';

describe.skipIf(!hasChromium)('a page in Chromium', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grasp-chromium-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (body: string) => {
    const path = join(folder, 'page.html');
    await writeFile(path, `<!doctype html><meta charset="utf-8"><title>a page</title>${body}`);
    return pathToFileURL(path).href;
  };

  it('has the width and the colours of the screen', async () => {
    const look = LOOKS.find(({ name }) => name === 'phone-dark')!;
    const opened = await openInChromium(await write('<p>text</p>'), look);
    expect(await opened.page.evaluate('innerWidth')).toBe(390);
    expect(await opened.page.evaluate('matchMedia("(prefers-color-scheme: dark)").matches')).toBe(true);
    await opened.close();
    expect(opened).toMatchObject({ problems: [], requests: [] });
  });

  it('tells what a page asks for and what fails', async () => {
    const opened = await openInChromium(
      await write('<img src="http://example.invalid/a.png"><script>throw new Error("broken")</script>'),
      LOOKS[0]!,
    );
    await opened.close();
    expect(opened.requests).toEqual(['http://example.invalid/a.png']);
    expect(opened.problems.join()).toMatch(/broken/);
    expect(opened.problems.join()).toMatch(/did not load: http:\/\/example\.invalid\/a\.png/);
  });
});
