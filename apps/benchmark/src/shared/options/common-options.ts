/** Options that several commands have, in the same words. Each function makes a new one. */

import { Option } from '@commander-js/extra-typings';
import { TASKS } from '@grasp/eval';
import { LAUNCHERS } from '../jobs/launchers/index.js';
import { SHAPES, type ShapeName } from '../models/shapes.js';
import { count, countOrZero, list } from './option-values.js';

export const backendOption = () =>
  new Option('--backend <name>', 'default: the fastest available').choices(['tensorflow', 'wasm'] as const);

export const dtypeOption = () =>
  new Option('--dtype <name>', 'dtype of the weights')
    .choices(['float32', 'bfloat16'] as const)
    .default('float32' as const);

export const likeOption = () =>
  new Option('--like <name>', 'published model whose shape is used')
    .choices(Object.keys(SHAPES) as ShapeName[])
    .default('smollm2-135m' as ShapeName);

export const tasksOption = () =>
  new Option('--tasks <names>', 'zero-shot tasks, separated by commas, or none')
    .argParser(list)
    .default(TASKS.map(({ name }) => name as string));

export const officialPythonOption = () =>
  new Option(
    '--python <path>',
    "Python for the clone (default: an environment made from the clone's requirements.txt)",
  ).default(process.env.GRASP_OFFICIAL_PYTHON);

export const launcherOption = () =>
  new Option('--launcher <name>', 'give the work to a queue, and wait for it').choices(
    Object.keys(LAUNCHERS),
  );

export const submitOption = () =>
  new Option(
    '--submit <options...>',
    'options of the launcher, without dashes: partition=gpu time=8:00:00',
  ).default([] as string[]);

/** Options that say how a launcher works. */
export const OF_LAUNCHER = ['submit', 'retries', 'poll'] as const;

export const retriesOption = () =>
  new Option('--retries <n>', 'how often a failed task is submitted again').argParser(countOrZero).default(2);

export const pollOption = () =>
  new Option('--poll <seconds>', 'seconds between two queries of the queue').argParser(count).default(15);

/** Hidden: submitted tasks call the command with it. */
export const stepOption = () =>
  new Option('--step <name>', 'run one step; used by submitted tasks').hideHelp();
