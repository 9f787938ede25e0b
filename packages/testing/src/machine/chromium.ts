import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Page } from 'playwright-core';

/** Path of the browser: `GRASP_CHROMIUM`, or the first common name on the PATH. */
const chromiumPath =
  process.env.GRASP_CHROMIUM ??
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
    .find((path) => existsSync(path));

/**
 * Whether Chromium is installed. Without it, tests that need it are skipped. If `GRASP_REQUIRE_CHROMIUM` is set, they run and
 * fail.
 */
export const hasChromium = process.env.GRASP_REQUIRE_CHROMIUM === '1' || chromiumPath !== undefined;

/** A screen size and colour scheme. */
export interface Look {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

const screens = [
  { screen: 'phone', width: 390, height: 844 },
  { screen: 'desktop', width: 1280, height: 900 },
];

/** A phone and a desktop, light and dark. */
export const LOOKS: readonly Look[] = screens.flatMap(({ screen, width, height }) =>
  (['light', 'dark'] as const).map((colorScheme) => ({
    name: `${screen}-${colorScheme}`,
    width,
    height,
    colorScheme,
  })),
);

/** A page in its own headless Chromium without network access. */
export interface OpenedPage {
  readonly page: Page;
  /** Errors so far: console errors, exceptions, files that failed to load. */
  readonly problems: readonly string[];
  /** URLs that the page requested, except itself and `data:`. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens a page with a screen size and colour scheme.
 *
 * @param url the page; `file:` for a file.
 */
export async function openInChromium(url: string, look: Look): Promise<OpenedPage> {
  if (chromiumPath === undefined) throw new Error('no Chromium on the PATH; GRASP_CHROMIUM may name one');
  const { chromium } = await import('playwright-core'); // slow to load, and most tests need none
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  try {
    const { width, height, colorScheme } = look;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, offline: true });
    const page = await context.newPage();
    const problems: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('requestfailed', (request) => problems.push(`did not load: ${request.url()}`));
    page.on('request', (request) => {
      if (!request.isNavigationRequest() && !request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(url, { waitUntil: 'load' });
    return { page, problems, requests, close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
