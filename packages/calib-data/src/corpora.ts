import { DataOptionError } from './errors.js';
import { type HubOptions, type HubSplit, hubFiles } from './hub-files.js';
import { firstRows, type TextSource, textFile } from './text-source.js';

/** The corpora the paper calibrates on and evaluates with. */
export type CorpusName = 'wikitext2' | 'ptb' | 'c4';

interface Corpus {
  readonly hub: Omit<HubSplit, 'split'>;
  readonly column: string;
  readonly splits: readonly string[];
  readonly firstRows?: number;
}

const CORPORA: Readonly<Record<CorpusName, Corpus>> = {
  wikitext2: {
    hub: { id: 'Salesforce/wikitext', config: 'wikitext-2-raw-v1' },
    column: 'text',
    splits: ['train', 'validation', 'test'],
  },
  ptb: {
    // Published as a loading script; the hub's own Parquet conversion holds the rows.
    hub: { id: 'ptb-text-only/ptb_text_only', config: 'penn_treebank', revision: 'refs/convert/parquet' },
    column: 'sentence',
    splits: ['train', 'validation', 'test'],
  },
  // The paper evaluates on the first 2000 documents of the validation split; C4 has no test split.
  c4: {
    hub: { id: 'allenai/c4', config: 'en' },
    column: 'text',
    splits: ['train', 'validation'],
    firstRows: 2000,
  },
};

/** Names accepted by `corpus`. */
export const CORPUS_NAMES = Object.keys(CORPORA) as readonly CorpusName[];

/** The split of a corpus that the paper reports perplexity on. */
export function evaluationSplit(name: CorpusName): string {
  return name === 'c4' ? 'validation' : 'test';
}

/**
 * A corpus by name, from the hub, its cache, or a folder laid out like the hub's.
 *
 * @throws DataOptionError on an unknown name or split; DatasetError when its rows are read and cannot be had.
 */
export function corpus(name: CorpusName, split: string, options: HubOptions = {}): TextSource {
  const known = Object.hasOwn(CORPORA, name) ? CORPORA[name] : undefined;
  if (known === undefined) throw new DataOptionError('corpus', name, `one of ${CORPUS_NAMES.join(', ')}`);
  if (!known.splits.includes(split))
    throw new DataOptionError(`split of ${name}`, split, `one of ${known.splits.join(', ')}`);
  const source = hubText({ ...known.hub, split }, known.column, options);
  return known.firstRows === undefined ? source : firstRows(source, known.firstRows);
}

/**
 * The text column of any data set on the hub.
 *
 * Reading its rows throws DatasetError if it cannot be had, MissingColumnError if it has no such column.
 */
export function hubText(wanted: HubSplit, column = 'text', options: HubOptions = {}): TextSource {
  const config = wanted.config === undefined ? '' : `/${wanted.config}`;
  return {
    description: `${wanted.id}${config} ${wanted.split} (column ${column})`,
    async *rows() {
      for await (const path of hubFiles(wanted, options)) yield* textFile(path, { column }).rows();
    },
  };
}
