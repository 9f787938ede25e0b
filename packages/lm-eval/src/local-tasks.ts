import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataRecord } from '@grasp/calib-data';
import { HarnessError } from './errors.js';

/** Path of each task's definition in the `tasks` folder of the harness. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  piqa: 'piqa/piqa.yaml',
  winogrande: 'winogrande/default.yaml',
  hellaswag: 'hellaswag/hellaswag.yaml',
  arc_easy: 'arc/arc_easy.yaml',
  arc_challenge: 'arc/arc_challenge.yaml',
};

/**
 * Writes a folder for `--include_path`. It has the harness's definition of a task, with prompts and clean-up; only the
 * source of the items is changed.
 *
 * @param tasks folder of the harness's task definitions.
 * @param records items. Those of HellaSwag may have `ctx` alone.
 */
export async function writeLocalTask(
  folder: string,
  tasks: string,
  task: string,
  records: readonly DataRecord[],
): Promise<void> {
  const definition = DEFINITIONS[task];
  if (definition === undefined)
    throw new HarnessError(
      `Task ${task} does not accept local data. Supported: ${Object.keys(DEFINITIONS).join(', ')}.`,
    );
  await mkdir(folder, { recursive: true });
  const data = join(folder, `${task}.jsonl`);
  await writeFile(data, records.map((record) => `${jsonLine(forHarness(record))}\n`).join(''));
  // JSON is valid YAML. A task prefers the split `test`, so the others are removed.
  const config = {
    include: join(tasks, definition),
    task,
    tag: null,
    dataset_path: 'json',
    dataset_name: null,
    dataset_kwargs: { data_files: { test: data } },
    training_split: null,
    validation_split: null,
    test_split: 'test',
  };
  await writeFile(join(folder, `${task}.yaml`), JSON.stringify(config, null, 2));
}

/**
 * The harness joins `ctx_a` of HellaSwag with `ctx_b`, capitalised. A record with `ctx` alone gets it as the first part,
 * as in `@grasp/eval`.
 */
function forHarness(record: DataRecord): DataRecord {
  if (record.ctx === undefined || record.ctx_a !== undefined) return record;
  return { ...record, ctx_a: record.ctx, ctx_b: '' };
}

/** A record as JSON. 64-bit integers of Parquet are bigints, which become numbers. */
function jsonLine(record: DataRecord): string {
  return JSON.stringify(record, (_key, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
}
