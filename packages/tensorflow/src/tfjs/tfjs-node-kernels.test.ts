import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript of the build, without declarations
import { bundleKernels } from '../../tfjs-node/bundle.mjs';

/** Loads a file in a process of its own, and lists what tfjs has afterwards. */
const LISTING = `
  process.removeAllListeners('warning');
  const util = require('node:util');
  util.isNullOrUndefined = (value) => value == null;
  util.isArray = Array.isArray;
  const { NodeJSKernelBackend } = require(process.argv[1]);
  const core = require('@tensorflow/tfjs-core');
  const gradients = globalThis._tfGlobals.get('gradRegistry');
  const members = Object.getOwnPropertyNames(core.Tensor.prototype).sort();
  const kernels = core.getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName).sort();
  const backend = Object.getOwnPropertyNames(NodeJSKernelBackend.prototype).sort();
  console.log(JSON.stringify({ gradients: [...gradients.keys()].sort(), members, kernels, backend }));
`;
const here = fileURLToPath(new URL('.', import.meta.url));
const listing = (file: string): Record<string, string[]> =>
  JSON.parse(execFileSync(process.execPath, ['-e', LISTING, file], { cwd: here, encoding: 'utf8' }));

describe('the bundled part of tfjs-node', () => {
  let text: string;
  let inputs: string[];
  let external: string[];
  let folder: string;
  beforeAll(async () => {
    ({ text, inputs, external } = await bundleKernels());
    folder = await mkdtemp(join(here, 'bundle-')); // below the package, where tfjs-core is found
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('registers what the installed packages register', async () => {
    const file = join(folder, 'kernels.cjs');
    await writeFile(file, text);
    const bundled = listing(file);
    expect(bundled).toEqual(listing(join(here, 'tfjs-node-kernels.cjs')));
    expect(bundled.kernels!.length).toBeGreaterThan(150);
    expect(bundled.gradients!.length).toBeGreaterThan(100);
  });

  it('needs nothing but tfjs-core', () => {
    expect(external).toEqual(['@tensorflow/tfjs-core', 'os', 'util']);
  });

  it('contains TensorFlow.js and nothing else, with its notices', () => {
    const packages = inputs
      .filter((path) => !path.startsWith('virtual:') && !path.endsWith('/tfjs-node-kernels.cjs'))
      .map((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
    expect(new Set(packages)).toEqual(new Set(['@tensorflow/tfjs-core', '@tensorflow/tfjs-node-gpu']));
    expect(text).toContain('Licensed under the Apache License, Version 2.0');
  });
});
