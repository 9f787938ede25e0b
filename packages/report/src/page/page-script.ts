import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** The script of a run's page. The build writes it to dist/page.js. In a checkout it is bundled from its sources. */
export async function pageScript(): Promise<string> {
  const built = new URL('../page.js', import.meta.url);
  if (existsSync(built)) return readFile(built, 'utf8');
  const bundler: { bundlePage(): Promise<string> } = await import(
    new URL('../../page/bundle.mjs', import.meta.url).href
  );
  return bundler.bundlePage();
}
