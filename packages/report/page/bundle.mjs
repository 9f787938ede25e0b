// The page's script as one piece of JavaScript, `@grasp/budget` included. Run by itself it writes dist/page.js, which
// is what the published package puts into reports.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./main.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['@grasp/source'],
    // Node's modules stand in files of which nothing is used here, and go with them.
    external: ['node:*'],
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('../dist/page.js', import.meta.url), await bundlePage());
}
