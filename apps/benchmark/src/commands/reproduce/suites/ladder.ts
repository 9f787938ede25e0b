import type { PruneSettings } from '@grasp/prune';

/** One idea. It is added to all ideas before it. */
interface Rung {
  readonly name: string;
  readonly title: string;
  readonly adds: Partial<PruneSettings>;
}

const RUNGS: readonly Rung[] = [
  { name: 'exact', title: 'exact projection', adds: { projection: 'exact' } },
  { name: 'importance', title: '+ importance in rounds', adds: { choose: 'importance', roundBlocks: 4 } },
  { name: 'refit', title: '+ refit', adds: { refit: 'sequential', refitBlocks: 48, recover: 0 } },
  { name: 'recover', title: '+ refit recovers', adds: { recover: 0.3 } },
  { name: 'norms', title: '+ scales of norms', adds: { scales: 'units+norms' } },
  { name: 'annealed', title: '+ annealed rate', adds: { scaleRate: 'annealed' } },
  { name: 'corrections', title: '+ corrections of low rank', adds: { rank: 16 } },
  { name: 'distilled', title: '+ distilled', adds: { distill: 0.75, distillBlocks: 48 } },
];

/** Settings after each idea of grasp+. The last entry equals `--method grasp+`. */
export function ladder(
  settings: PruneSettings,
): { readonly name: string; readonly title: string; readonly settings: PruneSettings }[] {
  return RUNGS.map(({ name, title }, i) => {
    const added = RUNGS.slice(0, i + 1).map(({ adds }) => adds);
    return { name, title, settings: Object.assign({ ...settings }, ...added) };
  });
}
