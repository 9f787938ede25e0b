import type { Launcher } from './launcher.js';
import { slurm } from './slurm/slurm.js';
import { workers } from './workers.js';

/** Launchers by the name that `--launcher` takes. Each is created with the options of `--submit`. */
export const LAUNCHERS: Readonly<Record<string, (options: readonly string[]) => Launcher>> = {
  slurm,
  workers,
};
