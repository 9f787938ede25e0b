import type { PruneSettings } from '@grasp/prune';

/** One row of a table: a model and how it came to be. */
export interface Subject {
  /** Unique, fit for a file name. */
  readonly name: string;
  readonly title: string;
  readonly keep: number;
  /** The paper's row of the same: `dense`, `GRASPrune`, `no-scales`, `per-layer`. */
  readonly paper?: string;
  /** How it is pruned; the dense model has none. */
  readonly pruning?: Pruning;
  /** Leaves the scales of a pruning out: the mask alone. */
  readonly unscaled?: true;
}

/** Two subjects may share one: it is done once. */
export interface Pruning {
  readonly settings: PruneSettings;
  /** Name of the corpus that the gates are learned on. */
  readonly corpus: string;
}

export const SUITES = ['table', 'scales', 'allocation', 'corpus'] as const;
export type Suite = (typeof SUITES)[number];

export interface SuiteOptions {
  readonly suites: readonly Suite[];
  readonly keep: readonly number[];
  readonly settings: PruneSettings;
  /** Corpora to calibrate on; all but the suite `corpus` take the first. */
  readonly corpora: readonly string[];
}

/** The dense model, then what each suite asks for at each keep ratio. */
export function subjectsOf(options: SuiteOptions): Subject[] {
  const dense: Subject = { name: 'dense', title: 'dense', keep: 1, paper: 'dense' };
  const pruned = options.suites.flatMap((suite) =>
    options.keep.flatMap((keep) => suiteSubjects[suite](keep, options)),
  );
  const byName = new Map([dense, ...pruned].map((subject) => [subject.name, subject]));
  return [...byName.values()];
}

const main = (keep: number, { settings, corpora }: SuiteOptions): Subject => ({
  name: `keep-${keep}`,
  title: `keep ${keep}`,
  keep,
  paper: 'GRASPrune',
  pruning: { settings: { ...settings, keep }, corpus: corpora[0]! },
});

const suiteSubjects: Readonly<Record<Suite, (keep: number, options: SuiteOptions) => Subject[]>> = {
  /** The paper's table. */
  table: (keep, options) => [main(keep, options)],

  /** Its calibration of scales, left out and in. */
  scales: (keep, options) => {
    const scaled = main(keep, options);
    const title = `keep ${keep}, without scales`;
    return [
      { ...scaled, name: `keep-${keep}-unscaled`, title, paper: 'no-scales', unscaled: true as const },
      scaled,
    ];
  },

  /** One budget for all layers against the same widths in each. Both project exactly: like is compared with like. */
  allocation: (keep, options) =>
    (['free', 'uniform'] as const).map((layout) => {
      const base = main(keep, options);
      const settings = { ...base.pruning!.settings, projection: 'exact' as const, layout };
      const how = layout === 'free' ? 'one budget' : 'equal layers';
      const { paper: _, ...rest } = base;
      return {
        ...rest,
        name: `keep-${keep}-exact-${layout}`,
        title: `keep ${keep}, exact, ${how}`,
        pruning: { ...base.pruning!, settings },
      };
    }),

  /** Each corpus in turn for the gates. */
  corpus: (keep, options) =>
    options.corpora.map((corpus, i) => {
      const base = main(keep, options);
      if (i === 0) return base;
      const { paper: _, ...rest } = base;
      const title = `keep ${keep}, gates on ${corpus}`;
      return {
        ...rest,
        name: `keep-${keep}-${corpus}`,
        title,
        pruning: { settings: base.pruning!.settings, corpus },
      };
    }),
};
