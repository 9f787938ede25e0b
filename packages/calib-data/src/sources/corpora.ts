import { DataOptionError } from '../errors.js';
import { type HubOptions, type HubSplit, hubFiles } from './hub-files.js';
import { firstRows, type TextSource, textFile } from './text-source.js';

/** The corpora of the GRASPrune paper. */
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
    // Published as a loading script. The Parquet conversion on the hub has the rows.
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

/** Returns the split on which the paper reports perplexity. */
export function evaluationSplit(name: CorpusName): string {
  return name === 'c4' ? 'validation' : 'test';
}

/**
 * A source of a corpus, read from the hub, its cache, or a folder with the same layout.
 *
 * @throws DataOptionError if the name or split is unknown. Reading the rows throws DatasetError if they are not
 *   available.
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
 * A source of the text column of any data set on the hub.
 *
 * Reading the rows throws DatasetError if the data set is not available, MissingColumnError if it has no such column.
 */
export function hubText(wanted: HubSplit, column = 'text', options: HubOptions = {}): TextSource {
  const config = wanted.config === undefined ? '' : `/${wanted.config}`;
  let skipped = 0;
  return {
    description: `${wanted.id}${config} ${wanted.split} (column ${column})`,
    get skipped() {
      return skipped;
    },
    async *rows() {
      skipped = 0;
      for await (const path of hubFiles(wanted, options)) {
        const file = textFile(path, { column });
        yield* file.rows();
        skipped += file.skipped ?? 0;
      }
    },
  };
}
