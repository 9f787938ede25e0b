import { describe, expect, it } from 'vitest';
import { describeMachine, type Machine } from './diagnose.js';
import type { TensorFlowInfo } from './open-tensorflow.js';

const machine: Machine = {
  cores: 8,
  cpu: { model: 'a processor', avx: true, bfloat16: true },
  hasNvidiaGpu: false,
  availableBytes: 6 * 2 ** 30,
};
const info: TensorFlowInfo = {
  version: '2.21.0',
  build: 'cpu',
  library: '/somewhere',
  devices: [{ name: 'CPU:0', type: 'CPU', memoryBytes: 0 }],
  threads: { intra: 8, inter: 1 },
  bfloat16: 'native',
};
const advice = (changes: Partial<Machine>, running: Partial<TensorFlowInfo> = {}) =>
  describeMachine({ ...machine, ...changes }, { ...info, ...running })
    .filter(({ level }) => level === 'advice')
    .map(({ topic }) => topic);

describe('describeMachine', () => {
  it('has no advice where everything is in use', () => {
    expect(advice({})).toEqual([]);
  });

  it('says what would be faster', () => {
    expect(advice({ hasNvidiaGpu: true })).toEqual(['device']);
    expect(advice({}, { threads: { intra: 2, inter: 1 } })).toEqual(['threads']);
    expect(advice({ cpu: { ...machine.cpu, bfloat16: false } })).toEqual(['precision']);
  });

  it('has nothing to say of the processor where a GPU computes', () => {
    const devices = [{ name: 'GPU:0', type: 'GPU', memoryBytes: 2 ** 36 }];
    expect(advice({ hasNvidiaGpu: true, cpu: { ...machine.cpu, bfloat16: false } }, { devices })).toEqual([]);
  });
});
