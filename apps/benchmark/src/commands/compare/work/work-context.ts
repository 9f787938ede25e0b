import type { Engine } from '@grasp/prune';
import type { CellStore } from '../../../shared/cells/cell-store.js';
import type { Plan } from '../plan/plan.js';

/** What every step of the work on one model needs. */
export interface WorkContext {
  readonly plan: Plan;
  readonly store: CellStore;
  /** Opens the engine on the first call. */
  readonly engine: () => Promise<Engine>;
  readonly say: (line: string) => void;
  readonly out: string;
  /** Keep the recovered models once they are measured. */
  readonly keepModels: boolean;
}
