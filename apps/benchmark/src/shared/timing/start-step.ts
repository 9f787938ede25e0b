import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StepKind, StepProcess } from './step-process.js';
import type { Workload } from './workload.js';

export type DType = 'float32' | 'bfloat16';

/** Model, data and precision of a step. */
export interface StepSetting {
  /** Hugging Face folder. */
  readonly model: string;
  readonly workload: Workload;
  /** Folder for the gradients. */
  readonly folder: string;
  readonly dtype: DType;
  readonly threads: number;
}

/**
 * What our step is compared with: a PyTorch script, eager or compiled, the unmodified code of the paper, our older step, or our
 * step with its layers on workers.
 */
export type Rival =
  | { readonly name: 'eager' | 'compiled' }
  | { readonly name: 'official'; readonly clone: string }
  | { readonly name: 'baseline'; readonly commit: string; readonly script: string }
  | { readonly name: 'workers'; readonly addresses: readonly string[] };

/** How a rival's step is run. */
export interface RivalSetting {
  readonly python: string;
  readonly rival: Rival;
  readonly kind: StepKind;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SCRIPTS = {
  gates: 'gate_step.py',
  scales: 'gate_step.py',
  healing: 'heal_step.py',
  perplexity: 'perplexity.py',
} as const;

/** Name of the script that runs our steps, in a build of this package. */
export const OUR_SCRIPT = 'gate-step.js';

export function startOurs(setting: StepSetting): StepProcess {
  return start(setting, 'GRASP', ours(here(`./${OUR_SCRIPT}`)));
}

const ours = (script: string) => [process.execPath, ...process.execArgv, script] as const;

export function startRival(setting: StepSetting, { python, rival, kind }: RivalSetting): StepProcess {
  const command = (script: string) => [python, here(`../../../rival/${script}`)] as const;
  if (rival.name === 'baseline') return start(setting, `GRASP at ${rival.commit}`, ours(rival.script));
  if (rival.name === 'workers')
    return start(setting, 'GRASP on workers', ours(here(`./${OUR_SCRIPT}`)), [
      '--workers',
      rival.addresses.join(),
    ]);
  if (rival.name === 'official')
    return start(setting, "The paper's code", command('official_step.py'), ['--clone', rival.clone]);
  return start(setting, 'PyTorch', command(SCRIPTS[kind]), rival.name === 'compiled' ? ['--compile'] : []);
}

function start(
  { model, workload, folder, dtype, threads }: StepSetting,
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  extra: readonly string[] = [],
): StepProcess {
  const gradients = join(folder, `gradients-${randomBytes(4).toString('hex')}`);
  const values = { ...workload, gradients, threads, dtype };
  const flags = Object.entries(values).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return new StepProcess(name, command, [...args, model, ...flags, ...extra], gradients);
}
