import { UnknownTaskError } from '../errors.js';
import { arcChallenge, arcEasy } from './arc.js';
import { hellaswag } from './hellaswag.js';
import { piqa } from './piqa.js';
import type { Task } from './task.js';
import { winogrande } from './winogrande.js';

/** The paper's zero-shot tasks, as lm-evaluation-harness 0.4.13 defines them. */
export const TASKS: readonly Task[] = [piqa, winogrande, hellaswag, arcEasy, arcChallenge];

/** A task by name. @throws UnknownTaskError */
export function taskNamed(name: string): Task {
  const task = TASKS.find((each) => each.name === name);
  if (task === undefined)
    throw new UnknownTaskError(
      name,
      TASKS.map((each) => each.name),
    );
  return task;
}
