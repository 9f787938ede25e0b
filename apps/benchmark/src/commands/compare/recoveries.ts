import { type PruneSettings, parseSettings, type SettingsInput } from '@grasp/prune';

/** What is done to the kept units of every mask. */
export interface Recovery {
  readonly name: string;
  readonly title: string;
  /** Inputs of `parseSettings`, around those of the user. Absent: nothing is done. */
  readonly settings?: { readonly before: SettingsInput; readonly after: SettingsInput };
  /** Whether all weights are trained after that, see `heal` of `@grasp/prune`. */
  readonly heals?: true;
}

/** All recoveries, from nothing to everything. Those of this project's methods follow their defaults. */
export const RECOVERIES: readonly Recovery[] = [
  { name: 'none', title: 'no recovery' },
  {
    name: 'bias',
    title: "FLAP's bias",
    settings: { before: {}, after: { refit: { mode: 'bias' }, scales: { epochs: 0 }, lora: { rank: 0 } } },
  },
  {
    name: 'scales',
    title: "grasprune's scales",
    settings: { before: { method: 'grasprune' }, after: { refit: { mode: 'none' }, lora: { rank: 0 } } },
  },
  {
    name: 'refit',
    title: "grasp+'s refit",
    settings: { before: { method: 'grasp+' }, after: { scales: { epochs: 0 }, lora: { rank: 0 } } },
  },
  {
    name: 'all',
    title: 'refit, then scales and LoRA with distillation',
    settings: { before: { method: 'grasp+' }, after: {} },
  },
  {
    name: 'healed',
    title: 'all of that, then healing',
    settings: { before: { method: 'grasp+' }, after: {} },
    heals: true,
  },
];

/** Settings of a run that applies a recovery to a given mask. Undefined if there is nothing to run. */
export function recoverySettings(
  { settings }: Recovery,
  user: SettingsInput,
  ofMask: SettingsInput,
): PruneSettings | undefined {
  return settings && parseSettings(settings.before, user, ofMask, settings.after, { choice: 'given' });
}
