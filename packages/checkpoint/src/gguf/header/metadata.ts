import { CheckpointFormatError } from '../../errors.js';
import type { GgufHeader, GgufValue } from './read-header.js';

/** Typed look-ups in GGUF metadata. An absent key gives undefined. A value of another type is an error. */
export interface GgufMetadata {
  readonly file: string;
  number(key: string): number | undefined;
  text(key: string): string | undefined;
  flag(key: string): boolean | undefined;
  /** A list of `count` flags, also if they are numbers, or one number. */
  flagsOrNumber(key: string, count: number): readonly boolean[] | number | undefined;
  texts(key: string): readonly string[] | undefined;
  numbers(key: string): ArrayLike<number> | undefined;
  /** A list of `count` numbers. One number is repeated. */
  each(key: string, count: number): readonly number[] | undefined;
}

export function ggufMetadata(header: Pick<GgufHeader, 'metadata'>, file: string): GgufMetadata {
  const typed = <T>(
    key: string,
    what: string,
    is: (value: GgufValue) => value is T & GgufValue,
  ): T | undefined => {
    const value = header.metadata.get(key);
    if (value === undefined || is(value)) return value;
    throw new CheckpointFormatError(file, `its metadata ${key} is not ${what}`);
  };
  return {
    file,
    number: (key) => typed(key, 'a number', (value) => typeof value === 'number'),
    text: (key) => typed(key, 'text', (value) => typeof value === 'string'),
    flag: (key) => typed(key, 'true or false', (value) => typeof value === 'boolean'),
    flagsOrNumber(key, count) {
      const value = typed(key, 'a number or a list of flags', isNumberOrFlags);
      if (value === undefined || typeof value === 'number') return value;
      if (value.length >= count) return Array.from(value, Boolean).slice(0, count);
      throw new CheckpointFormatError(file, `its metadata ${key} lists ${value.length} layers, not ${count}`);
    },
    texts: (key) => typed(key, 'a list of texts', isTexts),
    numbers: (key) => typed(key, 'a list of numbers', isNumbers),
    each(key, count) {
      const value = typed(key, 'a number or a list of them', isNumberOrNumbers);
      if (value === undefined) return undefined;
      if (typeof value === 'number') return Array.from({ length: count }, () => value);
      if (value.length === count) return Array.from(value);
      throw new CheckpointFormatError(
        file,
        `its metadata ${key} lists ${value.length} numbers, not ${count}`,
      );
    },
  };
}

function isTexts(value: GgufValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isNumberOrNumbers(value: GgufValue): value is number | NumberArray {
  return typeof value === 'number' || isNumbers(value);
}

function isNumberOrFlags(value: GgufValue): value is number | NumberArray | readonly boolean[] {
  return (
    isNumberOrNumbers(value) || (Array.isArray(value) && value.every((item) => typeof item === 'boolean'))
  );
}

type NumberArray = Extract<GgufValue, ArrayBufferView & ArrayLike<number>>;

function isNumbers(value: GgufValue): value is NumberArray {
  return ArrayBuffer.isView(value) && !(value instanceof BigInt64Array || value instanceof BigUint64Array);
}
