import {
  type Rival,
  type RivalSetting,
  type StepSetting,
  startOurs,
  startRival,
} from '../../shared/timing/start-step.js';
import {
  type Contestant,
  ContestantError,
  type StepKind,
  type StepProcess,
  type StepResult,
} from '../../shared/timing/step-process.js';
import { WARM_UP_STEPS } from '../../shared/timing/warm-up.js';
import { type Agreement, checkAgreement } from './agreement.js';

export interface ContestOptions extends StepSetting, Omit<RivalSetting, 'rival'> {
  /** Absent: our step alone. */
  readonly rival?: Rival | undefined;
  readonly rounds: number;
}

/** A step's result without its gradients. */
export type Timing = Omit<StepResult, 'gradients'>;

/** One step of each contestant, one after the other. */
interface Round {
  readonly ours: Timing;
  /** Absent if our step ran alone. */
  readonly theirs?: Timing;
}

export interface Contest {
  readonly ours: Contestant;
  readonly theirs?: Contestant;
  readonly agreement?: Agreement;
  readonly rounds: readonly Round[];
}

/**
 * Times our step and a rival's in alternation, each in its own process, with the same weights, tokens, mask, threads and
 * dtype. Before timing, the losses and gradients of the first round are compared.
 *
 * @throws ContestantError if a process fails, the results disagree, or the two use different devices.
 */
export async function contest({ rival, ...options }: ContestOptions): Promise<Contest> {
  if (!rival) return alone(options);
  const { kind, dtype } = options;
  const setting = { ...options, rival };
  const single =
    dtype === 'bfloat16'
      ? await firstStep(startRival({ ...options, dtype: 'float32' }, setting), kind)
      : undefined;
  const ours = startOurs(options);
  const theirs = startRival(options, setting);
  try {
    const contestants = { ours: await ours.ready(), theirs: await theirs.ready() };
    assertSameDevice(contestants.ours, contestants.theirs);
    const round = async () => ({ ours: await ours.step(kind), theirs: await theirs.step(kind) });
    const first = await round();
    const agreement = checkAgreement(first.ours, first.theirs, single);
    for (let step = 1; step < WARM_UP_STEPS; step++) {
      const { ours, theirs } = await round();
      checkAgreement(ours, theirs, single); // a healing step has changed the weights by now
    }
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

/** Times our step without a rival. */
async function alone({ kind, rounds, ...setting }: Omit<ContestOptions, 'rival'>): Promise<Contest> {
  const contestant = startOurs(setting);
  try {
    const ours = await contestant.ready();
    for (let step = 0; step < WARM_UP_STEPS; step++) await contestant.step(kind);
    const timed: Round[] = [];
    while (timed.length < rounds) timed.push({ ours: withoutGradients(await contestant.step(kind)) });
    return { ours, rounds: timed };
  } finally {
    await contestant.close();
  }
}

function assertSameDevice(ours: Contestant, theirs: Contestant): void {
  if (ours.device === theirs.device) return;
  throw new ContestantError(
    `GRASP runs on the ${ours.device.toUpperCase()} and PyTorch on the ${theirs.device.toUpperCase()}. Set ` +
      'CUDA_VISIBLE_DEVICES= to use the CPU for both, or GRASP_TENSORFLOW_LIBRARY to a GPU build of TensorFlow.',
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
