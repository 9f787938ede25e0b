import type { SettingsInput } from './schema.js';

/** Other work as it is: its choice, and none of our recovery. With `grasp+` and `choice`, its mask has all of it. */
const rival = (choice: NonNullable<SettingsInput['choice']>): SettingsInput => ({
  choice,
  scales: { epochs: 0 },
});

/** Blocks that `grasp+` chooses units on, in all rounds together. */
const BLOCKS_OF_ROUNDS = 32;

/**
 * Rounds of importance for a keep ratio. The more is removed, the less the dense model's gradients say of what is left;
 * the fewer rounds, the more blocks each may read. See docs/ladder.md.
 */
export function roundsFor(keep: number): number {
  return Math.min(8, Math.max(1, Math.ceil(50 * (1 - keep) ** 2)));
}

/** `grasp+` reads a fixed amount of text in as many rounds as its budget calls for. */
export function importanceOf(budget: unknown, given: unknown): NonNullable<SettingsInput['importance']> {
  const { keep = 0.5 } = (budget ?? {}) as { readonly keep?: unknown };
  const usual = typeof keep === 'number' && keep > 0 && keep <= 1 ? roundsFor(keep) : 8;
  const { rounds = usual } = (given ?? {}) as { readonly rounds?: unknown };
  const share = typeof rounds === 'number' && rounds >= 1 ? Math.ceil(BLOCKS_OF_ROUNDS / rounds) : 1;
  return { rounds: usual, blocksPerRound: share };
}

/** The defaults that each method changes. */
export const METHODS: Readonly<Record<NonNullable<SettingsInput['method']>, SettingsInput>> = {
  grasprune: {},
  'grasp+': {
    choice: 'importance',
    refit: { mode: 'sequential', blocks: 48 },
    scales: { targets: 'units+norms', schedule: 'annealed' },
    lora: { rank: 16 },
    distil: { weight: 0.75, blocks: 48 },
    heldOut: { blocks: 4 },
  },
  random: rival('random'),
  magnitude: rival('magnitude'),
  'wanda-sp': rival('wanda-sp'),
  flap: rival('flap'),
  'llm-pruner': rival('llm-pruner'),
  'llm-pruner-element': rival('llm-pruner-element'),
  fisher: rival('fisher'),
  shortgpt: rival('shortgpt'),
  owl: rival('owl'),
  slimgpt: rival('slimgpt'),
  'fisher-obs': rival('fisher-obs'),
};
