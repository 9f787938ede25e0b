import type { Launcher } from './launcher.js';
import { slurm } from './slurm/slurm.js';

/** By the name that `--launcher` takes; given options of the command that submits. */
export const LAUNCHERS: Readonly<Record<string, (options: readonly string[]) => Launcher>> = { slurm };
