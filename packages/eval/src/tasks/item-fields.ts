import type { DataRecord } from '@grasp/calib-data';

/** A field of a record is missing or invalid. The evaluator adds task and item. */
export class ItemFormatError extends Error {
  readonly code = 'GRASP_EVAL_ITEM_FORMAT';
  constructor(readonly problem: string) {
    super(problem);
    this.name = 'ItemFormatError';
  }
}

export function textField(record: DataRecord, name: string): string {
  const value = record[name];
  if (typeof value === 'string') return value;
  throw new ItemFormatError(`field "${name}" is ${kindOf(value)}; expected text`);
}

export function textListField(record: DataRecord, name: string): readonly string[] {
  const value = record[name];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
    return value;
  throw new ItemFormatError(`field "${name}" is ${kindOf(value)}; expected a list of texts`);
}

export function recordField(record: DataRecord, name: string): DataRecord {
  const value = record[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as DataRecord;
  throw new ItemFormatError(`field "${name}" is ${kindOf(value)}; expected an object`);
}

/** Returns the index of a choice, from 0, stored as a number or as text. */
export function indexField(record: DataRecord, name: string, choices: number): number {
  const value = record[name];
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
  const index = isNumber && value !== '' ? Number(value) : Number.NaN;
  if (Number.isInteger(index) && index >= 0 && index < choices) return index;
  throw new ItemFormatError(
    `field "${name}" is ${String(value)}; expected a number from 0 to ${choices - 1}`,
  );
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return value === null ? 'null' : typeof value;
}
