import { execFileSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hasChromium, LOOKS, openInChromium } from '@grasp/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${pathToFileURL(root)}dist/index.html`;

describe.skipIf(!hasChromium)('the page', () => {
  beforeAll(() => void execFileSync(process.execPath, ['build.mjs'], { cwd: root }));

  it.each(['wasm', 'webgl'])('trains and prunes on %s, within the budget', async (backend) => {
    const opened = await openInChromium(
      `${page}?backend=${backend}`,
      LOOKS.find(({ name }) => name === 'phone-dark')!,
    );
    try {
      await opened.page.waitForSelector('body[data-ready]', { timeout: 240_000 });
      const text = async (id: string) => (await opened.page.locator(`#${id}`).textContent()) ?? '';
      const share = async (id: string) => Number.parseFloat(await text(id));
      expect(await text('backend')).toBe(backend);
      expect(await share('dense')).toBeGreaterThan(95);
      expect(await share('cost')).toBeLessThanOrEqual(40);
      expect(await share('pruned')).toBeGreaterThan(75);
      const [kept] = (await text('kept')).split(' of ');
      expect(await opened.page.locator('.neurons i:not(.pruned)').count()).toBe(Number(kept));
      if (process.env.GRASP_SCREENSHOTS) {
        await opened.page.screenshot({
          path: `${process.env.GRASP_SCREENSHOTS}/browser-${backend}.png`,
          fullPage: true,
        });
      }
      expect(opened.problems).toEqual([]);
      expect(opened.requests).toEqual([]);
    } finally {
      await opened.close();
    }
  });
});
