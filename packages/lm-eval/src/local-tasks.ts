import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataRecord } from '@grasp/calib-data';
import { HarnessError } from './errors.js';

/** Where the harness defines each task, below its `tasks`. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  piqa: 'piqa/piqa.yaml',
  winogrande: 'winogrande/default.yaml',
  hellaswag: 'hellaswag/hellaswag.yaml',
  arc_easy: 'arc/arc_easy.yaml',
  arc_challenge: 'arc/arc_challenge.yaml',
};

/**
 * Writes a folder for `--include_path`: the harness's own definition of a task, prompts and clean-up included, with
 * nothing changed but where its items come from.
 *
 * @param tasks folder of the harness's task definitions.
 * @param records items, of which HellaSwag's may have `ctx` alone.
 */
export async function writeLocalTask(
  folder: string,
  tasks: string,
  task: string,
  records: readonly DataRecord[],
): Promise<void> {
  const definition = DEFINITIONS[task];
  if (definition === undefined) throw new HarnessError(`No local data can be given to the task ${task}.`);
  await mkdir(folder, { recursive: true });
  const data = join(folder, `${task}.jsonl`);
  await writeFile(data, records.map((record) => `${jsonLine(forHarness(record))}\n`).join(''));
  // JSON is YAML. A task prefers the split named test, so that alone is left.
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
 * The harness joins HellaSwag's `ctx_a` with `ctx_b`, capitalised. Given `ctx` alone, its whole stands as the first
 * part, as in `@grasp/eval`.
 */
function forHarness(record: DataRecord): DataRecord {
  if (record.ctx === undefined || record.ctx_a !== undefined) return record;
  return { ...record, ctx_a: record.ctx, ctx_b: '' };
}

/** Parquet's 64-bit integers are bigints, which JSON lacks. */
function jsonLine(record: DataRecord): string {
  return JSON.stringify(record, (_key, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
}
