import { expect, it } from 'vitest';
import { usedBytes } from './gpu-memory.js';

it('sums the memory of a process over all GPUs', () => {
  const lines = '41, 512\n42, 1024\n42, 2\n43, [N/A]';
  expect(usedBytes(lines, 42)).toBe(1026 * 2 ** 20);
  expect(usedBytes(lines, 43)).toBe(0);
  expect(usedBytes('', 42)).toBe(0);
});
