import { InvalidArgumentError } from '@commander-js/extra-typings';
import { numberOf } from '@grasp/prune/number';

/** The numbers that a flag takes, in the words of JSON Schema. */
export interface Numbers {
  readonly type?: 'integer' | 'number';
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** A bound that only says that a whole number is exact. */
const isBound = (bound: number | undefined): bound is number =>
  bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;

/** Shares may be written as percentages. */
const isShare = ({ type, maximum, exclusiveMaximum }: Numbers): boolean =>
  type !== 'integer' && (maximum ?? exclusiveMaximum) === 1;

/** `a number above 0 and at most 1, or a percentage such as 50%` */
export function describeNumbers(numbers: Numbers): string {
  const { type, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = numbers;
  const bounds =
    isBound(minimum) && isBound(maximum)
      ? [`from ${minimum} to ${maximum}`]
      : [
          ...(isBound(exclusiveMinimum) ? [`above ${exclusiveMinimum}`] : []),
          ...(isBound(minimum) ? [`of at least ${minimum}`] : []),
          ...(isBound(maximum) ? [`at most ${maximum}`] : []),
          ...(isBound(exclusiveMaximum) ? [`below ${exclusiveMaximum}`] : []),
        ];
  const what = [type === 'integer' ? 'a whole number' : 'a number', bounds.join(' and ')].join(' ').trimEnd();
  return isShare(numbers) ? `${what}, or a percentage such as 50%` : what;
}

/** Argument parser: a number in decimal notation, or a percentage where the numbers are shares. */
export function numberFlag(numbers: Numbers): (text: string) => number {
  const { type, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = numbers;
  return (text) => {
    const [, percentage] = (isShare(numbers) && /^(.*)%\s*$/.exec(text)) || [];
    const value = percentage === undefined ? numberOf(text) : numberOf(percentage) / 100;
    const fits =
      value >= (minimum ?? Number.NEGATIVE_INFINITY) &&
      value <= (maximum ?? Number.MAX_VALUE) &&
      value > (exclusiveMinimum ?? Number.NEGATIVE_INFINITY) &&
      value < (exclusiveMaximum ?? Number.POSITIVE_INFINITY) &&
      (type !== 'integer' || Number.isSafeInteger(value));
    if (fits) return value;
    throw new InvalidArgumentError(`It must be ${describeNumbers(numbers)}.`);
  };
}
