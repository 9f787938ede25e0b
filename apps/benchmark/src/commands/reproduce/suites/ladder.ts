import { type PruneSettings, parseSettings, type SettingsInput } from '@grasp/prune';

/** One idea. It is added to all ideas before it. */
interface Rung {
  readonly name: string;
  readonly title: string;
  readonly adds: SettingsInput;
}

const RUNGS: readonly Rung[] = [
  { name: 'exact', title: 'exact projection', adds: { projection: { rule: 'exact' } } },
  { name: 'importance', title: '+ importance in rounds', adds: { choice: 'importance' } },
  {
    name: 'refit',
    title: '+ refit',
    adds: { refit: { mode: 'sequential', blocks: 64, compensation: 0 } },
  },
  { name: 'obs', title: '+ brain surgeon within layers', adds: { importance: { within: 'obs' } } },
  { name: 'recover', title: '+ error compensation', adds: { refit: { compensation: 0.3 } } },
  { name: 'norms', title: '+ scales of norms', adds: { scales: { targets: 'units+norms' } } },
  { name: 'annealed', title: '+ annealed rate', adds: { scales: { schedule: 'annealed' } } },
  { name: 'corrections', title: '+ LoRA', adds: { lora: { rank: 16 } } },
  { name: 'distilled', title: '+ distillation', adds: { distil: { weight: 0.75, blocks: 64 } } },
  { name: 'held-out', title: '+ held-out text', adds: { heldOut: { blocks: 4 } } },
];

/** Settings after each idea of grasp+. The last entry equals `--method grasp+`. */
export function ladder(
  settings: PruneSettings,
): { readonly name: string; readonly title: string; readonly settings: PruneSettings }[] {
  let stacked = settings;
  return RUNGS.map(({ name, title, adds }) => {
    stacked = parseSettings(stacked, adds);
    return { name, title, settings: stacked };
  });
}
