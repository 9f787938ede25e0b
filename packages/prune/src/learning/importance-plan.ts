import type { PruneSettings } from '../settings/schema.js';

/** How importance leads to a mask. */
export interface ImportancePlan {
  /** Rounds of iterative pruning. */
  readonly rounds: number;
  /** Blocks that each round reads. */
  readonly blocksPerRound: number;
  /** What chooses within the counts of layers: importance itself, or optimal brain surgeon. */
  readonly within: 'importance' | 'obs';
}

/** Blocks that units are chosen on, in all rounds together. */
const BLOCKS = 32;
/** Removing half takes this many. */
const MOST_ROUNDS = 8;
/** Brain surgeon brings little where more than this share is kept, for a third more time. */
const MILD = 2 / 3;

/**
 * The plan, where the settings do not say. The more is removed, the less the dense model's gradients say of what is left; the
 * fewer rounds, the more blocks each may read. Where brain surgeon chooses within layers, only the counts of layers are left to
 * importance, and one round finds better ones. Found by trial, see docs/ladder.md. Budgets other than a keep ratio count as
 * strict ones.
 *
 * @param available blocks of the text: no round reads one twice, because its gradients would be the same. Default: enough.
 */
export function importancePlan(
  { importance, budget: { keep = 0 } }: Pick<PruneSettings, 'importance' | 'budget'>,
  available = Number.POSITIVE_INFINITY,
): ImportancePlan {
  const { within = keep > MILD ? 'importance' : 'obs' } = importance;
  const usual = within === 'obs' ? 1 : Math.ceil(50 * (1 - keep) ** 2);
  const { rounds = Math.min(MOST_ROUNDS, Math.max(1, usual)) } = importance;
  const { blocksPerRound = Math.ceil(BLOCKS / rounds) } = importance;
  return { rounds, blocksPerRound: Math.min(blocksPerRound, available), within };
}
