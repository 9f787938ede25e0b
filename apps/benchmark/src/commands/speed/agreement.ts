import { ContestantError, type StepResult } from '../../shared/timing/step-process.js';
import { cosine } from './cosine.js';

/** Differences between two steps with the same weights and tokens. */
export interface Agreement {
  /** Relative difference of the losses. */
  readonly loss: number;
  /** 1 minus the cosine between the gradients. Absent if the step has no gradients. */
  readonly angle?: number;
}

function agreementOf(a: StepResult, b: StepResult): Agreement {
  const loss = Math.abs(a.loss - b.loss) / b.loss;
  return a.gradients.length === 0 ? { loss } : { loss, angle: 1 - cosine(a.gradients, b.gradients) };
}

/** In float32 the two differ only in the order of sums. Measured on SmolLM2-135M: 1e-6 and 1e-8. */
const SINGLE: Required<Agreement> = { loss: 1e-4, angle: 1e-4 };

/** bfloat16 has 8 significant bits, so that losses differ by up to a percent. */
const HALF_LOSS = 2e-2;

/**
 * Allowed angle between our bfloat16 gradients and float32 gradients, as a multiple of PyTorch's. A fixed angle cannot
 * distinguish mistakes from rounding, because the effect of rounding depends on the model. On SmolLM2-135M the angle to
 * float32 is 2e-4 (PyTorch: 7e-4) at keep 0.9. Under a random mask at keep 0.5 it is 4e-3 (PyTorch: 5e-3), and 1e-2
 * between the two.
 */
const HALF_ANGLE = 1.5;

/**
 * Compares our step with the rival's, and in bfloat16 both with the rival's step in float32.
 *
 * @param single the rival's step in float32, if the contest is in bfloat16.
 * @throws ContestantError if the two do not compute the same.
 */
export function checkAgreement(ours: StepResult, theirs: StepResult, single?: StepResult): Agreement {
  const found = agreementOf(ours, theirs);
  const allowed = single
    ? { loss: HALF_LOSS, angle: HALF_ANGLE * (agreementOf(theirs, single).angle ?? 0) + SINGLE.angle }
    : SINGLE;
  const angle = (single ? agreementOf(ours, single) : found).angle ?? 0;
  if (found.loss <= allowed.loss && angle <= allowed.angle) return found;
  throw new ContestantError(
    `The two do not compute the same: losses ${ours.loss} and ${theirs.loss}; 1 − cosine of the gradients is ` +
      `${angle.toExponential(1)}${single ? ' against float32' : ''}, allowed is ${allowed.angle.toExponential(1)}.`,
    'both',
  );
}
