import type { PruneSettings } from '../settings/schema.js';

/** Blocks that units are chosen on, in all rounds together. */
const BLOCKS = 32;
/** Removing half takes this many. */
const MOST_ROUNDS = 8;

/**
 * Rounds of iterative pruning, and the blocks that each reads, where the settings do not say. The more is removed, the
 * less the dense model's gradients say of what is left; the fewer rounds, the more blocks each may read. Found by trial,
 * see docs/ladder.md. For budgets other than a keep ratio, it takes the most rounds. Where brain surgeon chooses within layers,
 * only the counts of layers are left to importance, and one round finds better ones.
 */
export function importanceRounds({ importance, budget }: Pick<PruneSettings, 'importance' | 'budget'>): {
  readonly rounds: number;
  readonly blocksPerRound: number;
} {
  const usual = importance.within === 'obs' ? 1 : Math.ceil(50 * (1 - (budget.keep ?? 0)) ** 2);
  const { rounds = Math.min(MOST_ROUNDS, Math.max(1, usual)) } = importance;
  const { blocksPerRound = Math.ceil(BLOCKS / rounds) } = importance;
  return { rounds, blocksPerRound };
}
