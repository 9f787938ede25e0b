import { describe, expect, it } from 'vitest';
import { bytesField, varintField } from '../c-api/protobuf.js';
import { kernelTimes } from './kernel-times.js';

const utf8 = (value: string) => new TextEncoder().encode(value);

/** An XPlane: lines of events, each with its name and its time in picoseconds. */
function plane(
  name: string,
  lines: Readonly<Record<string, readonly (readonly [string, number])[]>>,
): number[] {
  const names = [...new Set(Object.values(lines).flatMap((events) => events.map(([event]) => event)))];
  const metadata = names.flatMap((event, id) =>
    bytesField(4, [
      ...varintField(1, id),
      ...bytesField(2, [...varintField(1, id), ...bytesField(2, utf8(event))]),
    ]),
  );
  const written = Object.entries(lines).flatMap(([line, events]) =>
    bytesField(3, [
      ...bytesField(2, utf8(line)),
      ...events.flatMap(([event, time]) =>
        bytesField(4, [...varintField(1, names.indexOf(event)), ...varintField(3, time)]),
      ),
    ]),
  );
  return bytesField(1, [...bytesField(2, utf8(name)), ...written, ...metadata]);
}

const host = plane('/host:CPU', {
  node: [
    ['EagerExecute', 9e6],
    ['MatMul_1:_MklMatMul', 4e6],
    ['layer/Mul_2:Mul', 1e6],
  ],
  other: [['layer/Mul_7:Mul', 2e6]],
});

describe('kernelTimes', () => {
  it('sums operations of the CPU over nodes and threads, without the events around them', () => {
    expect(kernelTimes(Uint8Array.from(host))).toEqual([
      { name: 'MklMatMul', device: 'cpu', count: 1, seconds: expect.closeTo(4e-6, 12) },
      { name: 'Mul', device: 'cpu', count: 2, seconds: expect.closeTo(3e-6, 12) },
    ]);
  });

  it("takes a GPU's kernels instead, from its streams alone", () => {
    const device = plane('/device:GPU:0', {
      'Stream #13(Compute)': [
        ['void cutlass::Kernel<x>', 5e6],
        ['void cutlass::Kernel<x>', 5e6],
      ],
      'XLA Ops': [['fusion', 9e6]],
    });
    expect(kernelTimes(Uint8Array.from([...host, ...device]))).toEqual([
      { name: 'void cutlass::Kernel<x>', device: 'gpu', count: 2, seconds: expect.closeTo(1e-5, 12) },
    ]);
  });

  it('finds nothing in an empty profile, and refuses a truncated one', () => {
    expect(kernelTimes(new Uint8Array())).toEqual([]);
    expect(() => kernelTimes(Uint8Array.from(host).subarray(0, 40))).toThrow(RangeError);
  });
});
