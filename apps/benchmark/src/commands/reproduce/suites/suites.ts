import { type PruneSettings, parseSettings, type SettingsInput } from '@grasp/prune';
import { ladder } from './ladder.js';

/** One row of a table: a model and how it is made. */
export interface Subject {
  /** Unique name, usable in file names. */
  readonly name: string;
  readonly title: string;
  readonly keep: number;
  /** Method of the same row in the paper: `dense`, `GRASPrune`, `no-scales`, `ffn-only`, … */
  readonly paper?: string;
  /** How it is pruned. Absent for the dense model. */
  readonly pruning?: Pruning;
  /** Evaluate the mask without the calibrated scales. */
  readonly unscaled?: true;
  /** Skip the subject, and list it as missing, if the model cannot meet its budget. */
  readonly optional?: true;
}

/** How a model is pruned. Subjects with the same pruning share one pruned model. */
interface Pruning {
  readonly settings: PruneSettings;
  /** Corpus to learn the gates on. */
  readonly corpus: string;
}

export const SUITES = [
  'table',
  'scales',
  'allocation',
  'layouts',
  'kinds',
  'corpus',
  'ladder',
  'methods',
  'seeds',
  'rivals',
] as const;
export type Suite = (typeof SUITES)[number];

export interface SuiteOptions {
  readonly suites: readonly Suite[];
  readonly keep: readonly number[];
  readonly settings: PruneSettings;
  /** Corpora to learn the gates on. All suites but `corpus` use the first. */
  readonly corpora: readonly string[];
}

/** The dense model, then the subjects of each suite at each keep ratio, each name once. */
export function subjectsOf(options: SuiteOptions): Subject[] {
  const dense: Subject = { name: 'dense', title: 'dense', keep: 1, paper: 'dense' };
  const pruned = options.suites.flatMap((suite) =>
    options.keep.flatMap((keep) => variants[suite](keep, options).map(({ subject }) => subject)),
  );
  const byName = new Map([dense, ...pruned].map((subject) => [subject.name, subject]));
  return [...byName.values()];
}

/** The variants that a suite compares. Each has one subject per keep ratio, given by name. */
export interface Ablation {
  readonly suite: Suite;
  readonly lines: readonly { readonly variant: string; readonly subjects: readonly string[] }[];
}

/** The comparisons of all suites but the table. */
export function ablationsOf(options: SuiteOptions): Ablation[] {
  return options.suites
    .filter((suite) => suite !== 'table')
    .map((suite) => {
      const lines = new Map<string, string[]>();
      for (const keep of options.keep) {
        for (const { variant, subject } of variants[suite](keep, options))
          lines.set(variant, [...(lines.get(variant) ?? []), subject.name]);
      }
      return { suite, lines: [...lines].map(([variant, subjects]) => ({ variant, subjects })) };
    });
}

/** A subject, and a short name that distinguishes it from the others of its suite. */
interface Variant {
  readonly variant: string;
  readonly subject: Subject;
}

const main = (keep: number, { settings, corpora }: SuiteOptions): Subject => ({
  name: `keep-${keep}`,
  title: `keep ${keep}`,
  keep,
  paper: 'GRASPrune',
  pruning: { settings: parseSettings(settings, { budget: { keep } }), corpus: corpora[0]! },
});

/** A subject with the exact projection, which supports layouts and never exceeds the budget. */
function exact(
  keep: number,
  options: SuiteOptions,
  changes: Omit<NonNullable<SettingsInput['projection']>, 'rule'>,
  title: string,
): Subject {
  const { pruning } = main(keep, options);
  const settings = parseSettings(pruning!.settings, { projection: { ...changes, rule: 'exact' } });
  const { layout, align, only } = settings.projection;
  const variant = [layout, ...(align > 1 ? [align] : []), ...(only === undefined ? [] : [`${only}-only`])];
  return {
    name: `keep-${keep}-exact-${variant.join('-')}`,
    title: `keep ${keep}, exact, ${title}`,
    keep,
    pruning: { ...pruning!, settings },
  };
}

const variants: Readonly<Record<Suite, (keep: number, options: SuiteOptions) => Variant[]>> = {
  /** The paper's method. */
  table: (keep, options) => [{ variant: 'paper', subject: main(keep, options) }],

  /** The paper's method without and with calibrated scales. */
  scales: (keep, options) => {
    const subject = main(keep, options);
    return [
      { variant: 'without scales', subject: unscaled(subject) },
      { variant: 'with scales', subject },
    ];
  },

  /** One budget for all layers, and equal widths in all layers. The paper's layer-wise baseline is OWL instead. */
  allocation: (keep, options) => [
    { variant: 'one budget', subject: exact(keep, options, { layout: 'free' }, 'one budget') },
    { variant: 'equal layers', subject: exact(keep, options, { layout: 'uniform' }, 'equal layers') },
  ],

  /** Layouts that suit runtimes: FFN widths in multiples of 32 and of 128, and equal widths in all layers. */
  layouts: (keep, options) => [
    { variant: 'any', subject: exact(keep, options, { layout: 'free' }, 'one budget') },
    ...[32, 128].map((align) => ({
      variant: `×${align}`,
      subject: exact(keep, options, { align }, `FFN widths multiples of ${align}`),
    })),
    { variant: 'equal layers', subject: exact(keep, options, { layout: 'uniform' }, 'equal layers') },
  ],

  /** FFN channels alone, KV groups alone, and both, under the same budget and without scales, as in the paper. */
  kinds: (keep, options) => {
    const alone = (only: 'ffn' | 'kv', title: string): Variant => {
      const subject = unscaled(exact(keep, options, { only }, title));
      return { variant: title, subject: { ...subject, paper: `${only}-only`, optional: true } };
    };
    return [
      alone('ffn', 'FFN only'),
      alone('kv', 'KV only'),
      { variant: 'both', subject: unscaled(exact(keep, options, {}, 'FFN and KV')) },
    ];
  },

  /** The gates learned on each corpus. */
  corpus: (keep, options) =>
    options.corpora.map((corpus, i) => {
      const base = main(keep, options);
      if (i === 0) return { variant: corpus, subject: base };
      const { paper: _, ...rest } = base;
      const subject: Subject = {
        ...rest,
        name: `keep-${keep}-${corpus}`,
        title: `keep ${keep}, gates on ${corpus}`,
        pruning: { settings: base.pruning!.settings, corpus },
      };
      return { variant: corpus, subject };
    }),

  /** The paper's method, then one more idea of grasp+ in each row. */
  ladder: (keep, options) => {
    const { pruning } = main(keep, options);
    const rungs = ladder(pruning!.settings).map(({ name, title, settings }) => {
      const subject: Subject = {
        name: `keep-${keep}-ladder-${name}`,
        title: `keep ${keep}, ${title}`,
        keep,
        pruning: { ...pruning!, settings },
      };
      return { variant: name, subject };
    });
    return [{ variant: 'paper', subject: main(keep, options) }, ...rungs];
  },

  /** The paper's method, and grasp+, which is the last row of the ladder. */
  methods: (keep, options) => {
    const [paper, ...rungs] = variants.ladder(keep, options);
    return [paper!, { ...rungs.at(-1)!, variant: 'grasp+' }];
  },

  /** The paper's Table 1: other methods without recovery, and the paper's. SliceGPT changes the hidden size and is left out. */
  rivals: (keep, options) => {
    const { pruning, ...subject } = main(keep, options);
    const others = Object.entries({ 'LLM-Pruner': 'llm-pruner', FLAP: 'flap' } as const).map(
      ([paper, method]): Variant => {
        const changes = {
          method,
          choice: method,
          scales: { epochs: 0 },
          projection: { rule: 'exact' },
        } as const;
        const settings = parseSettings(pruning!.settings, changes);
        const name = `keep-${keep}-${method}`;
        const title = `keep ${keep}, ${paper}`;
        return { variant: paper, subject: { name, title, keep, paper, pruning: { ...pruning!, settings } } };
      },
    );
    return [...others, { variant: 'GRASPrune', subject: { ...subject, pruning: pruning! } }];
  },

  /** The suite `methods` with three seeds. */
  seeds: (keep, options) =>
    [0, 1, 2].flatMap((offset) =>
      variants.methods(keep, options).map(({ variant, subject }) => ({
        variant: `${variant}, seed ${options.settings.seed + offset}`,
        subject: offset === 0 ? subject : reseeded(subject, options.settings.seed + offset),
      })),
    ),
};

function reseeded(subject: Subject, seed: number): Subject {
  const { name, title, pruning } = subject;
  const settings = { ...pruning!.settings, seed };
  return {
    ...subject,
    name: `${name}-seed-${seed}`,
    title: `${title}, seed ${seed}`,
    pruning: { ...pruning!, settings },
  };
}

/** The same mask without its scales, which the paper reports as an ablation. */
function unscaled(subject: Subject): Subject {
  const { name, title } = subject;
  return {
    ...subject,
    name: `${name}-unscaled`,
    title: `${title}, without scales`,
    paper: 'no-scales',
    unscaled: true,
  };
}
