import { describe, expect, it } from 'vitest';
import { parseOpDef, splitInputs } from './op-schema.js';
import { bytesField, varintField } from './protobuf.js';

const string = (field: number, text: string) => bytesField(field, Buffer.from(text));

/** ConcatV2(values: N * T, axis: Tidx) -> T, as an OpDef message. */
const concat = Uint8Array.from([
  ...string(1, 'ConcatV2'),
  ...bytesField(2, [...string(1, 'values'), ...string(4, 'T'), ...string(5, 'N')]),
  ...bytesField(2, [...string(1, 'axis'), ...string(4, 'Tidx')]),
  ...bytesField(3, [...string(1, 'output'), ...string(4, 'T')]),
  ...bytesField(4, [...string(1, 'N'), ...string(2, 'int')]),
  ...bytesField(4, [...string(1, 'T'), ...string(2, 'type')]),
  ...varintField(17, 1),
]);

describe('parseOpDef', () => {
  it('reads what an operation declares', () => {
    expect(parseOpDef(concat)).toEqual({
      name: 'ConcatV2',
      inputs: [{ isList: true }, { isList: false }],
      hasListInput: true,
      attrs: new Map([
        ['N', 'int'],
        ['T', 'type'],
      ]),
      inferred: new Set(['T', 'N', 'Tidx']),
      isStateful: true,
    });
  });

  it('reports a message cut short', () => {
    expect(() => parseOpDef(concat.subarray(0, 20))).toThrow(RangeError);
  });
});

describe('splitInputs', () => {
  it('gives a list what single inputs leave over', () => {
    expect(splitInputs(parseOpDef(concat), [1, 2, 3, 4])).toEqual([
      { isList: true, ids: [1, 2, 3] },
      { isList: false, ids: [4] },
    ]);
  });
});
