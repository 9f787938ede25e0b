import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataRecord, type HubOptions, hubFiles, readRecords } from '@grasp/calib-data';
import { TaskDataError, TaskItemError } from '../errors.js';
import { ItemFormatError } from './item-fields.js';
import type { Question, Task } from './task.js';

/** The source of the items of tasks. */
export interface TaskDataOptions extends Omit<HubOptions, 'folder'> {
  /**
   * A folder with `piqa.validation.jsonl`, `winogrande_xl.validation.jsonl`, `hellaswag.validation.jsonl`,
   * `arc_easy.test.jsonl`, `arc_challenge.test.jsonl`, or with copies of the hub's data sets by name
   * (`allenai/ai2_arc`, …). Without it they come from the hub or its cache.
   */
  readonly folder?: string;
  /** Only the first so many items. */
  readonly limit?: number;
}

/** A question and where it stands in the task's data. */
export interface TaskQuestion extends Question {
  /** From 0: `doc_id` of lm-evaluation-harness. */
  readonly item: number;
  /** The item's own name in the data, if it has one. */
  readonly id?: string;
}

/**
 * The questions of a task, in the order of its data.
 *
 * @throws TaskDataError no data or no item; TaskItemError a malformed item; and the errors of reading files.
 */
export async function taskQuestions(task: Task, options: TaskDataOptions = {}): Promise<TaskQuestion[]> {
  const questions: TaskQuestion[] = [];
  for await (const record of taskRecords(task, options)) {
    const item = questions.length;
    const id = record.id ?? record.ind;
    const question = atItem(task, item, () => task.question(record));
    questions.push({ ...question, item, ...(id === undefined ? {} : { id: String(id) }) });
  }
  return questions;
}

/**
 * The items of a task as its data have them, in their order.
 *
 * @throws TaskDataError no data or no item; and the errors of reading files.
 */
export async function* taskRecords(task: Task, options: TaskDataOptions = {}): AsyncGenerator<DataRecord> {
  const { limit = Number.POSITIVE_INFINITY } = options;
  if (!(limit >= 1)) throw new RangeError(`limit is ${limit}; expected 1 or more`);
  let count = 0;
  for await (const path of taskFiles(task, options)) {
    for await (const record of readRecords(path)) {
      yield record;
      if (++count >= limit) return;
    }
  }
  if (count === 0) throw new TaskDataError(task.name, 'its data hold no item');
}

function atItem<T>(task: Task, item: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ItemFormatError) throw new TaskItemError(task.name, item, error.problem);
    throw error;
  }
}

async function* taskFiles(task: Task, options: TaskDataOptions): AsyncGenerator<string> {
  const { folder, ...hub } = options;
  if (folder === undefined) {
    yield* hubFiles(task.hub, hub);
    return;
  }
  if (!(await exists(folder))) throw new TaskDataError(task.name, `there is no folder ${folder}`);
  for (const extension of ['jsonl', 'parquet']) {
    const path = join(folder, `${task.file}.${extension}`);
    if (await exists(path)) {
      yield path;
      return;
    }
  }
  const copy = join(folder, task.hub.id);
  if (!(await exists(copy)))
    throw new TaskDataError(
      task.name,
      `${folder} has neither ${task.file}.jsonl (or .parquet) nor a copy of ${task.hub.id}`,
    );
  yield* hubFiles(task.hub, { folder: copy });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
