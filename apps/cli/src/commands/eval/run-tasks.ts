import { setImmediate } from 'node:timers/promises';
import { decoderLayout } from '@grasp/decoder';
import {
  evaluateQuestions,
  type LanguageModel,
  type TaskItemRecord,
  type TaskQuestion,
  type TaskSummary,
  taskNamed,
  taskQuestions,
} from '@grasp/eval';
import { loadOn } from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import type { OpenModel } from '../../shared/model.js';
import { countView } from '../../shared/progress/count-view.js';
import { watch } from '../../shared/progress/watch.js';
import type { Terminal } from '../../shared/terminal.js';

/** Tasks, data and engine of an evaluation. */
export interface TaskOptions {
  readonly tasks: readonly string[];
  readonly data?: string | undefined;
  readonly limit?: number | undefined;
  readonly backend?: 'tensorflow' | 'wasm' | undefined;
  readonly threads?: number | undefined;
  readonly quiet?: true | undefined;
}

/** A task with its questions and the model's answers. */
export interface TaskOutcome {
  readonly questions: readonly TaskQuestion[];
  readonly items: readonly TaskItemRecord[];
  readonly summary: TaskSummary;
}

/** Source of the items, for `@grasp/eval`. */
export const dataOptions = ({ data, limit }: Pick<TaskOptions, 'data' | 'limit'>) => ({
  ...(data === undefined ? {} : { folder: data }),
  ...(limit === undefined ? {} : { limit }),
});

/**
 * Runs tasks natively. Reads all data before it loads the model, so that bad data fail early. `seconds` do not include
 * loading the model.
 */
export async function runTasks(
  model: OpenModel,
  options: TaskOptions,
  terminal: Terminal,
): Promise<{ engine: string; outcomes: TaskOutcome[]; seconds: number }> {
  const { backend, threads, quiet } = options;
  const all = new Map<string, TaskQuestion[]>();
  const data = { ...dataOptions(options), signal: terminal.signal };
  for (const task of options.tasks) all.set(task, await taskQuestions(taskNamed(task), data));

  const engine = await openEngineFor(terminal, { backend, threads, quiet });
  const layout = decoderLayout(model.config);
  const decoder = await watch(loadOn(model.checkpoint, engine), terminal, { layout, quiet });
  const view = countView(terminal, quiet);
  const outcomes: TaskOutcome[] = [];
  const start = performance.now();
  try {
    for (const [task, questions] of all) {
      const show = (done: number) => view.show(task, done, questions.length);
      outcomes.push(await runTask(decoder, model, task, questions, show, terminal.signal));
    }
  } finally {
    view.stop();
    decoder.dispose();
  }
  return { engine: engine.description, outcomes, seconds: (performance.now() - start) / 1000 };
}

async function runTask(
  decoder: LanguageModel,
  { tokenizer, config: { vocabSize } }: OpenModel,
  task: string,
  questions: readonly TaskQuestion[],
  show: (done: number) => void,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const items: TaskItemRecord[] = [];
  let summary: TaskSummary | undefined;
  for await (const record of evaluateQuestions(decoder, tokenizer, taskNamed(task), questions, {
    vocabSize,
  })) {
    if (record.kind === 'summary') summary = record;
    else {
      items.push(record);
      show(record.done);
    }
    await setImmediate(); // let signals run
    signal.throwIfAborted();
  }
  return { questions, items, summary: summary! };
}
