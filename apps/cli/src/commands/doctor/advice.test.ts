import { expect, it } from 'vitest';
import { advice, type Findings } from './advice.js';

const fine: Findings = {
  cores: 8,
  memoryBytes: 2 ** 35,
  freeBytes: 2 ** 34,
  gpus: [],
  tensorFlow: { description: 'TensorFlow', build: 'cpu', library: '/lib', bfloat16: 'native' },
  rates: { float32: 1e11 },
};

it('is silent where all is well', () => {
  expect(advice(fine)).toEqual([]);
});

it('puts a missing engine first, with its remedy', () => {
  const lines = advice({ ...fine, tensorFlow: { failure: 'Install pip.' }, freeBytes: 2 ** 30 });
  expect(lines[0]).toContain('Install pip.');
  expect(lines[1]).toContain('memory');
});

it('names an idle GPU and a faster dtype', () => {
  const lines = advice({ ...fine, gpus: ['NVIDIA H100'], rates: { float32: 1e11, bfloat16: 2.2e11 } });
  expect(lines[0]).toContain('NVIDIA H100');
  expect(lines[1]).toContain('2.2 times');
});
