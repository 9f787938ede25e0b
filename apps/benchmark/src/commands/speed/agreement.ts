import { cosine } from './statistics.js';
import { ContestantError, type StepResult } from './step-process.js';

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

/** bfloat16 keeps 8 bits: a loss that is a sum of some units is off by a percent. */
const HALF_LOSS = 1e-2;

/**
 * How much farther from float32 our bfloat16 results may be than PyTorch's. Two correct implementations round
 * differently, and what that does depends on the model: on SmolLM2-135M with text the angle of the gradients to those
 * in float32 is 7e-4 at keep 0.9, and under random masks at keep 0.5, which break the model, 3e-2 to 1e-1 (PyTorch:
 * 1.5e-1). No fixed angle between the two tells a mistake from rounding; being farther off than PyTorch by half does.
 */
const HALF = 1.5;

/**
 * Holds our first step against the rival's, and in bfloat16 both against the rival's in float32.
 *
 * @param single the rival's step in float32, where the contest is in bfloat16
 * @returns how near they are
 * @throws ContestantError where they do not compute the same, so that timing them makes no sense
 */
export function checkAgreement(ours: StepResult, theirs: StepResult, single?: StepResult): Agreement {
  const found = agreementOf(ours, theirs);
  const { loss, angle = 0 } = agreementOf(ours, single ?? theirs);
  const allowed = single ? allowedHalf(agreementOf(theirs, single)) : SINGLE;
  if (loss <= allowed.loss && angle <= allowed.angle) return found;
  throw new ContestantError(
    `The two do not compute the same: losses ${ours.loss} and ${theirs.loss}${single ? `, ${single.loss} in float32` : ''}; ` +
      `1 − cosine of the gradients ${angle.toExponential(1)}${single ? ' to those in float32' : ''}, and ` +
      `${allowed.angle.toExponential(1)} is allowed.`,
    'both',
  );
}

function allowedHalf({ loss, angle = 0 }: Agreement): Required<Agreement> {
  return { loss: HALF * loss + HALF_LOSS, angle: HALF * angle + SINGLE.angle };
}
