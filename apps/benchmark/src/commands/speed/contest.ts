import { type Agreement, checkAgreement } from './agreement.js';
import { type RivalSetting, type StepSetting, startOurs, startRival } from '../../shared/timing/start-step.js';
import {
  type Contestant,
  ContestantError,
  type StepKind,
  type StepProcess,
  type StepResult,
} from '../../shared/timing/step-process.js';

export interface ContestOptions extends StepSetting, RivalSetting {
  readonly rounds: number;
}

type Timing = Omit<StepResult, 'gradients'>;

/** One round: a step of each, one after the other. */
interface Round {
  readonly ours: Timing;
  readonly theirs: Timing;
}

export interface Contest {
  readonly ours: Contestant;
  readonly theirs: Contestant;
  readonly agreement: Agreement;
  readonly rounds: readonly Round[];
}

/** Steps that warm up before one counts: buffers fill, functions are recorded or compiled. */
export const WARM_UP = 2;

/**
 * Runs our step and the Python rival's in turn, each in a process of its own, on the same weights, tokens, mask,
 * threads and dtype, once losses and gradients of the first round are known to agree.
 *
 * @throws ContestantError where one stops or they disagree.
 */
export async function contest(options: ContestOptions): Promise<Contest> {
  const { kind, dtype } = options;
  const single =
    dtype === 'bfloat16'
      ? await firstStep(startRival({ ...options, dtype: 'float32' }, options), kind)
      : undefined;
  const ours = startOurs(options);
  const theirs = startRival(options, options);
  try {
    const contestants = { ours: await ours.ready(), theirs: await theirs.ready() };
    assertSameDevice(contestants.ours, contestants.theirs);
    const round = async () => ({ ours: await ours.step(kind), theirs: await theirs.step(kind) });
    const first = await round();
    const agreement = checkAgreement(first.ours, first.theirs, single);
    for (let step = 1; step < WARM_UP; step++) await round();
    const rounds: Round[] = [];
    while (rounds.length < options.rounds) {
      const { ours, theirs } = await round();
      rounds.push({ ours: withoutGradients(ours), theirs: withoutGradients(theirs) });
    }
    return { ...contestants, agreement, rounds };
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
  }
}

function assertSameDevice(ours: Contestant, theirs: Contestant): void {
  if (ours.device === theirs.device) return;
  throw new ContestantError(
    `GRASP runs on the ${ours.device.toUpperCase()} and PyTorch on the ${theirs.device.toUpperCase()}. Hide the GPU from ` +
      'both with CUDA_VISIBLE_DEVICES=, or let both use it: GRASP does with a GPU build in GRASP_TENSORFLOW_LIBRARY.',
    'both',
  );
}

const withoutGradients = ({ gradients: _, ...timing }: StepResult): Timing => timing;

async function firstStep(contestant: StepProcess, kind: StepKind): Promise<StepResult> {
  try {
    await contestant.ready();
    return await contestant.step(kind);
  } finally {
    await contestant.close();
  }
}
