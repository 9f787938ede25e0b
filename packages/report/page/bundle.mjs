// Bundles the script of the page, with `@grasp/budget`, into one file. Run as a program, it writes dist/page.js, which
// the published package puts into reports.
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
    // Some bundled files import modules of Node. Nothing in the bundle uses them.
    external: ['node:*'],
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('../dist/page.js', import.meta.url), await bundlePage());
}
