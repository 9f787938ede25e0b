import { describe, expect, it } from 'vitest';
import { contextConfig, functionConfig } from './config-proto.js';
import { fields } from './protobuf.js';

const decode = (message: Uint8Array) => Object.fromEntries(fields(message));

describe('contextConfig', () => {
  it('is the ConfigProto TensorFlow expects', () => {
    // Bytes as protobuf's own encoder writes them:
    // intra_op 2, inter_op 300, gpu_options { allow_growth }, allow_soft_placement
    const bytes = contextConfig({ intraOpThreads: 2, interOpThreads: 300 });
    expect(Buffer.from(bytes).toString('hex')).toBe('100228ac02320220013801');
  });

  it('limits GPU memory in MiB', () => {
    const gpu = decode(
      contextConfig({ intraOpThreads: 1, interOpThreads: 1, gpuMemoryBytes: 3 * 2 ** 30 }),
    )[6];
    const devices = decode(decode(decode(gpu as Uint8Array)[9] as Uint8Array)[1] as Uint8Array);
    expect(Buffer.from(devices[1] as Uint8Array).readFloatLE()).toBe(3072);
  });
});

it('can hide GPUs', () => {
  const count = decode(contextConfig({ intraOpThreads: 1, interOpThreads: 1, gpus: 0 }))[1];
  expect(decode(count as Uint8Array)).toEqual({ 1: new TextEncoder().encode('GPU'), 2: 0 });
});

describe('functionConfig', () => {
  it('switches off the passes that change rounding', () => {
    const passes = (fuse: boolean) =>
      decode(decode(decode(functionConfig(fuse))[10] as Uint8Array)[10] as Uint8Array);
    expect(passes(false)).toEqual({ 3: 2, 7: 2, 14: 2, 17: 1 });
    expect(passes(true)[14]).toBe(1);
  });
});
