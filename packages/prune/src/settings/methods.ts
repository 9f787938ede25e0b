import type { SettingsInput } from './schema.js';

/** The defaults that each method changes. */
export const METHODS: Readonly<Record<NonNullable<SettingsInput['method']>, SettingsInput>> = {
  grasprune: {},
  'grasp+': {
    choice: 'importance',
    importance: { blocksPerRound: 4 },
    refit: { mode: 'sequential', blocks: 48 },
    scales: { targets: 'units+norms', schedule: 'annealed' },
    lora: { rank: 16 },
    distil: { weight: 0.75, blocks: 48 },
  },
};
