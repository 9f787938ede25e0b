import type { Decoder, TokenBatch } from '@grasp/decoder';

/** Settings of a healing step that is timed. Those of the rival's script are the same. */
const [LISTED, SHARE, CLIP] = [64, 0.75, 1];
const RATES = { matrix: 1e-4, bias: 1e-4, norm: 1e-3 };

/** Healing steps on one batch after another: the teacher's top logits, then an update of all weights. Returns the loss. */
export function healingStep(teacher: Decoder, student: Decoder): (batch: TokenBatch) => Promise<number> {
  const training = student.training({ clip: CLIP });
  return async (batch) => {
    const distil = { teacher: await teacher.under().topLogits(batch, LISTED), share: SHARE };
    const { nll, kl = 0 } = await training.train([{ ...batch, distil }], RATES);
    return SHARE * kl + (1 - SHARE) * nll;
  };
}
