import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeNumbers, numberFlag } from './number-flag.js';

const share = { type: 'number', exclusiveMinimum: 0, maximum: 1 } as const;

describe('numberFlag', () => {
  it.each([
    ['50%', 0.5],
    [' 12.5 % ', 0.125],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['1e-3', 0.001],
  ])('reads the share %j', (text, value) => {
    expect(numberFlag(share)(text)).toBe(value);
  });

  it.each([
    '',
    ' ',
    '%',
    '50%%',
    'half',
    '0x1',
    '0b1',
    '1_0',
    'Infinity',
    'NaN',
    '0',
    '1.1',
    '150%',
    '0.5,0.6',
    '1e',
  ])('refuses the share %j and says what is allowed', (text) => {
    expect(() => numberFlag(share)(text)).toThrow(
      'It must be a number above 0 and at most 1, or a percentage such as 50%.',
    );
  });

  it.each(['0', '1.5', '50%', '1e400', '9007199254740993', '-1', '0x10', ''])(
    'refuses the count %j',
    (text) => {
      expect(() => numberFlag({ type: 'integer', minimum: 1 })(text)).toThrow(
        'a whole number of at least 1.',
      );
    },
  );

  it('reads every finite number as JavaScript writes it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberFlag({})(String(value))).toBe(value === 0 ? Number(String(value)) : value);
      }),
    );
  });

  it('describes its numbers', () => {
    expect(describeNumbers({ type: 'integer', minimum: -Number.MAX_SAFE_INTEGER })).toBe('a whole number');
    expect(describeNumbers({ minimum: 0, exclusiveMaximum: 1 })).toBe(
      'a number of at least 0 and below 1, or a percentage such as 50%',
    );
    expect(describeNumbers({ type: 'integer', minimum: 1, maximum: 65535 })).toBe(
      'a whole number from 1 to 65535',
    );
  });
});
