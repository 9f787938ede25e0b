import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Agreement, checkAgreement } from './agreement.js';
import { type Contestant, type StepKind, StepProcess, type StepResult } from './step-process.js';
import type { Workload } from './workload.js';

export type DType = 'float32' | 'bfloat16';

export interface ContestOptions {
  /** A Hugging Face folder: both sides read it. */
  readonly model: string;
  readonly workload: Workload;
  /** For files of the two. */
  readonly folder: string;
  readonly python: string;
  /** Whether PyTorch compiles its step. */
  readonly compile: boolean;
  readonly kind: StepKind;
  readonly dtype: DType;
  readonly threads: number;
  readonly rounds: number;
}

/** One round: a step of each, one after the other. */
export interface Round {
  readonly ours: Pick<StepResult, 'seconds' | 'peakBytes'>;
  readonly theirs: Pick<StepResult, 'seconds' | 'peakBytes'>;
}

export interface Contest {
  readonly ours: Contestant;
  readonly theirs: Contestant;
  readonly agreement: Agreement;
  readonly rounds: readonly Round[];
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const RIVALS = { gates: 'gate_step.py', scales: 'gate_step.py', perplexity: 'perplexity.py' } as const;

/** Steps that warm up before one counts: buffers fill, functions are recorded or compiled. */
const WARM_UP = 2;

/**
 * Runs our step and the Python rival's in turn, each in a process of its own, on the same weights, tokens, mask,
 * threads and dtype, once losses and gradients of the first round are known to agree.
 *
 * @throws ContestantError where one stops or they disagree.
 */
export async function contest(options: ContestOptions): Promise<Contest> {
  const { kind, dtype } = options;
  const single = dtype === 'bfloat16' ? await firstStep(startRival(options, 'float32'), kind) : undefined;
  const ours = startOurs(options);
  const theirs = startRival(options, dtype);
  try {
    const contestants = { ours: await ours.ready(), theirs: await theirs.ready() };
    const round = async () => ({ ours: await ours.step(kind), theirs: await theirs.step(kind) });
    const first = await round();
    const agreement = checkAgreement(first.ours, first.theirs, single);
    for (let step = 1; step < WARM_UP; step++) await round();
    const rounds: Round[] = [];
    while (rounds.length < options.rounds) rounds.push(await round());
    return { ...contestants, agreement, rounds };
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
  }
}

async function firstStep(contestant: StepProcess, kind: StepKind): Promise<StepResult> {
  try {
    await contestant.ready();
    return await contestant.step(kind);
  } finally {
    await contestant.close();
  }
}

function startOurs(options: ContestOptions): StepProcess {
  const [flags, script] = [process.execArgv, here('./gate-step.js')];
  return start(options, 'GRASP', [process.execPath, ...flags, script], options.dtype);
}

function startRival(options: ContestOptions, dtype: DType): StepProcess {
  const script = here(`../../../rival/${RIVALS[options.kind]}`);
  return start(options, 'PyTorch', [options.python, script], dtype, options.compile ? ['--compile'] : []);
}

function start(
  { model, workload, folder, threads }: ContestOptions,
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  dtype: DType,
  extra: readonly string[] = [],
): StepProcess {
  const gradients = join(folder, `gradients-${randomBytes(4).toString('hex')}`);
  const values = { ...workload, gradients, threads, dtype };
  const flags = Object.entries(values).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return new StepProcess(name, command, [...args, model, ...flags, ...extra], gradients);
}
