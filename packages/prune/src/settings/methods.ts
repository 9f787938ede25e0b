import type { SettingsInput } from './schema.js';

/** Other work as it is: its choice, and none of our recovery. With `grasp+` and `choice`, its mask has all of it. */
const rival = (choice: NonNullable<SettingsInput['choice']>): SettingsInput => ({
  choice,
  scales: { epochs: 0 },
});

/** The defaults that each method changes. */
export const METHODS: Readonly<Record<NonNullable<SettingsInput['method']>, SettingsInput>> = {
  grasprune: {},
  'grasp+': {
    choice: 'importance',
    refit: { mode: 'sequential', blocks: 64 },
    scales: { targets: 'units+norms', schedule: 'annealed' },
    lora: { rank: 16 },
    distil: { weight: 0.75, blocks: 64 },
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
