// Bundles the JavaScript of tfjs-node that this package builds on, with the gradients and chained operations that
// tfjs-node loads through `@tensorflow/tfjs`, into one file. Run as a program, it writes it into dist/.
//
// tfjs-core stays outside: a process has one, which the user's code shares.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CORE = '@tensorflow/tfjs-core';
const require = createRequire(import.meta.url);
const coreDist = dirname(require.resolve(CORE));

/** Modules inside tfjs-core that it exports under another name, or that hold what a process has one of. */
const SHARED = {
  'engine.js': `const core = require('${CORE}'); module.exports = { ...core, ENGINE: core.engine() };`,
  'tensor.js': `const core = require('${CORE}'); module.exports = { ...core, getGlobalTensorClass: () => core.Tensor };`,
  'environment.js': `module.exports = require('${CORE}');`,
  'util.js': `module.exports = require('${CORE}').util;`,
  'util_base.js': `module.exports = require('${CORE}').util;`,
};

/** Replaces `@tensorflow/tfjs`: layers, converter and other backends are for the user to import. */
const UNION = `
  require('${CORE}/dist/register_all_gradients.js');
  require('${CORE}/dist/public/chained_ops/register_all_chained_ops.js');
  module.exports = require('${CORE}');
`;

/** Only the writers of TensorBoard summaries use protobuf messages. This package has no such writers. */
const NO_MESSAGES = 'module.exports = {};';

/** Whether tfjs-core exports everything that one of its modules exports. */
async function isPublic(path) {
  if (/\/(base|index|ops\/ops)\.js$/.test(path)) return true;
  const text = await readFile(path, 'utf8');
  const declared = text.matchAll(/^export (?:async )?(?:const|let|var|function\*?|class) (\w+)/gm);
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) =>
    names.split(',').map((name) =>
      name
        .trim()
        .split(/\s+as\s+/)
        .at(-1),
    ),
  );
  const names = [...declared].map(([, name]) => name).concat(listed);
  const core = require(CORE);
  return names.length > 0 && !/^export \*/m.test(text) && names.every((name) => name in core);
}

const oneCore = {
  name: 'one tfjs-core',
  setup({ onResolve, onLoad }) {
    const virtual = (path, pluginData) => ({ path, namespace: 'virtual', pluginData });
    onResolve({ filter: /^@tensorflow\/tfjs$/ }, ({ path }) => virtual(path, UNION));
    onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: CORE, external: true }));
    onResolve({ filter: /^@tensorflow\/tfjs-core\// }, ({ path }) => ({ path: require.resolve(path) }));
    onResolve({ filter: /\/api_pb$/ }, ({ path }) => virtual(path, NO_MESSAGES));
    onResolve({ filter: /^\./ }, async ({ path, importer }) => {
      if (!importer.startsWith(coreDist)) return undefined;
      const file = join(dirname(importer), path.endsWith('.js') ? path : `${path}.js`);
      const name = relative(coreDist, file);
      if (SHARED[name]) return virtual(name, SHARED[name]);
      return (await isPublic(file)) ? { path: CORE, external: true } : undefined;
    });
    onLoad({ filter: /./, namespace: 'virtual' }, ({ pluginData }) => ({
      contents: pluginData,
      resolveDir: coreDist,
    }));
  },
};

/**
 * @returns {Promise<{ text: string, inputs: string[], external: string[] }>} the file, the paths of what it contains, and
 *   the modules that it loads
 */
export async function bundleKernels() {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/tfjs/tfjs-node-kernels.cjs', import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'eof',
    banner: { js: '// Parts of TensorFlow.js, changed by bundling. See NOTICE.' },
    plugins: [oneCore],
    logLevel: 'warning',
  });
  const [{ imports }] = Object.values(metafile.outputs);
  return {
    text: outputFiles[0].text,
    inputs: Object.keys(metafile.inputs),
    external: [...new Set(imports.map(({ path }) => path))].sort(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('../dist/tfjs/tfjs-node-kernels.cjs', import.meta.url);
  await mkdir(new URL('.', target), { recursive: true });
  await writeFile(target, (await bundleKernels()).text);
}
