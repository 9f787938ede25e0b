import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { openTimeout } from '../test/support.js';
import * as grasp from './index.js';

it(
  'the README’s examples run as they stand, those of bfloat16 too',
  async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const code = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]).join('\n');
    const body = code.replace(/^import .*$/gm, '');
    const log = vi.fn();
    const AsyncFunction = (async () => {}).constructor as new (
      ...parameters: string[]
    ) => (...values: unknown[]) => Promise<void>;
    await new AsyncFunction('tf', 'openTensorFlow', 'console', body)(tf, grasp.openTensorFlow, { log });
    const kernel = {
      name: expect.stringContaining('MatMul'),
      device: 'cpu',
      count: 10,
      seconds: expect.any(Number),
    };
    expect(log.mock.calls).toEqual([['2.21.0', 'CPU'], [1], [kernel]]);
  },
  openTimeout,
);
