import { cosine } from '../../shared/statistics/statistics.js';
import { ContestantError, type StepResult } from '../../shared/timing/step-process.js';

/** How near two steps on the same weights and tokens are. */
export interface Agreement {
  /** Difference of the losses, relative. */
  readonly loss: number;
  /** 1 less the cosine between the gradients; absent where a step has none. */
  readonly angle?: number;
}

function agreementOf(a: StepResult, b: StepResult): Agreement {
  const loss = Math.abs(a.loss - b.loss) / b.loss;
  return a.gradients.length === 0 ? { loss } : { loss, angle: 1 - cosine(a.gradients, b.gradients) };
}

/** In float32 both compute the same but for the order of sums. Measured on SmolLM2-135M: 1e-6 and 1e-8. */
const SINGLE: Required<Agreement> = { loss: 1e-4, angle: 1e-4 };

/** bfloat16 keeps 8 bits: losses of some units differ by a percent. */
const HALF_LOSS = 2e-2;

/**
 * How much farther from float32 our bfloat16 gradients may be than PyTorch's. Two correct implementations round
 * differently, and what that does depends on the model: on SmolLM2-135M with text the angle to float32 is 2e-4
 * (PyTorch: 7e-4) at keep 0.9 and 4e-3 (5e-3) under a random mask at keep 0.5, which breaks the model, and between the
 * two 1e-2. No fixed angle between them tells a mistake from rounding; being farther off than PyTorch by half does.
 */
const HALF_ANGLE = 1.5;

/**
 * Holds our first step against the rival's, and in bfloat16 both against the rival's in float32.
 *
 * @param single the rival's step in float32, where the contest is in bfloat16
 * @returns how near they are
 * @throws ContestantError where they do not compute the same, so that timing them makes no sense
 */
export function checkAgreement(ours: StepResult, theirs: StepResult, single?: StepResult): Agreement {
  const found = agreementOf(ours, theirs);
  const allowed = single
    ? { loss: HALF_LOSS, angle: HALF_ANGLE * (agreementOf(theirs, single).angle ?? 0) + SINGLE.angle }
    : SINGLE;
  const angle = (single ? agreementOf(ours, single) : found).angle ?? 0;
  if (found.loss <= allowed.loss && angle <= allowed.angle) return found;
  throw new ContestantError(
    `The two do not compute the same: losses ${ours.loss} and ${theirs.loss}; 1 − cosine of the gradients ` +
      `${angle.toExponential(1)}${single ? ' to those in float32' : ''}, and ${allowed.angle.toExponential(1)} is allowed.`,
    'both',
  );
}
