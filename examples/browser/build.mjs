// Makes the page one file, dist/index.html, which opens by a double click: script and WASM kernels stand in it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const nodeOnly = ['crypto', 'fs', 'os', 'path', 'perf_hooks', 'string_decoder', 'util', 'worker_threads'];

const { outputFiles } = await build({
  entryPoints: [join(here, 'src/page.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  minify: true,
  conditions: ['@grasp/source'],
  loader: { '.wasm': 'dataurl' },
  external: nodeOnly, // tfjs asks for them behind a look at where it runs
  logLevel: 'warning',
});
const html = await readFile(join(here, 'index.html'), 'utf8');
const [script] = outputFiles;
await mkdir(join(here, 'dist'), { recursive: true });
await writeFile(
  join(here, 'dist/index.html'),
  html.replace(
    '<script type="module" src="page.js"></script>',
    () => `<script type="module">${script.text}</script>`,
  ),
);
