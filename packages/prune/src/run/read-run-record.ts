import { settingsFromFlat } from '../settings/old-names.js';
import { settingsSchema } from '../settings/schema.js';
import { inPlainWords, settingsError } from '../settings/settings-error.js';
import type { RunRecord } from './run-record.js';

/** A JSON value is not the record of a run. */
export class RunRecordError extends Error {
  override readonly name = 'RunRecordError';
  readonly code = 'GRASP_RUN_RECORD';
}

/** The parts of a record, of either version, that are checked here. */
interface Stored {
  readonly format?: unknown;
  readonly version?: unknown;
  readonly budgets?: unknown;
  readonly settings?: unknown;
}

/**
 * Reads the record of a run, as `grasp.json` holds it. Settings of version 1 are converted to groups.
 *
 * @throws RunRecordError if the value is something else, of an unknown version, or has settings that are not valid.
 */
export function readRunRecord(value: unknown): RunRecord {
  const { format, version, budgets, settings } = (value ?? {}) as Stored;
  if (format !== 'grasp-run' || !Array.isArray(budgets) || typeof settings !== 'object' || settings === null)
    throw new RunRecordError('It is not the record of a run.');
  if (version !== 1 && version !== 2)
    throw new RunRecordError(`It is a run record of version ${version}. Supported: 1, 2.`);
  const stored = settings as Readonly<Record<string, unknown>>;
  try {
    const grouped = version === 1 ? settingsFromFlat(stored) : groupedSettings(stored);
    return { ...(value as RunRecord), version: 2, settings: grouped };
  } catch (error) {
    throw new RunRecordError((error as Error).message, { cause: error });
  }
}

function groupedSettings(stored: Readonly<Record<string, unknown>>): RunRecord['settings'] {
  const parsed = settingsSchema.safeParse(stored, { error: inPlainWords });
  if (!parsed.success) throw settingsError(parsed.error);
  return parsed.data;
}
