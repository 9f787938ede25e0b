import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, type DatasetOptions, HubError, openDataset, pathsBelow } from '@grasp/hub';
import { DatasetError } from '../errors.js';
import { splitFiles, withoutGaps } from './split-files.js';

/** One split of a data set on the Hugging Face Hub. */
export interface HubSplit extends Dataset {
  readonly split: string;
  /** The configuration of the data set: a folder of its files. */
  readonly config?: string;
}

/** Options for reading data sets. */
export interface HubOptions extends Omit<DatasetOptions, 'below'> {
  /** A folder with the same layout as the data set on the Hub. Nothing is downloaded. */
  readonly folder?: string;
}

/**
 * Yields local paths of the files of one split. Each file is downloaded when it is reached.
 *
 * @throws DatasetError if the data set has no such split, or cannot be downloaded.
 */
export async function* hubFiles(wanted: HubSplit, options: HubOptions = {}): AsyncGenerator<string> {
  const { folder, ...access } = options;
  if (folder === undefined) return yield* fetchedFiles(wanted, access);
  if ((await stat(folder).catch(() => undefined)) === undefined)
    throw new DatasetError(wanted.id, `no such folder: ${folder}`);
  for (const path of chosen(wanted, await pathsBelow(folder), folder)) yield join(folder, path);
}

async function* fetchedFiles(wanted: HubSplit, access: DatasetOptions): AsyncGenerator<string> {
  const { config } = wanted;
  try {
    const files = await openDataset(wanted, {
      ...access,
      ...(config === undefined ? {} : { below: config }),
    });
    for (const path of chosen(wanted, files.paths, 'the Hub or its copy here')) yield await files.fetch(path);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const way = 'without a network, use a folder with its files';
    throw new DatasetError(wanted.id, `${error.problem.replace(/\.$/, '')}; ${way}`, { cause: error });
  }
}

function chosen(wanted: HubSplit, paths: readonly string[], where: string): Iterable<string> {
  const files = splitFiles(paths, wanted.split, wanted.config);
  const missing = (found: number, all: number) =>
    new DatasetError(
      wanted.id,
      `split "${wanted.split}" has ${all} files; file ${found + 1} of them is not in ${where}`,
    );
  if (files.length > 0) return withoutGaps(files, missing);
  const config = wanted.config === undefined ? '' : ` of configuration "${wanted.config}"`;
  const some = paths.slice(0, 8).join(', ') || 'nothing';
  throw new DatasetError(
    wanted.id,
    `no JSON Lines or Parquet file for split "${wanted.split}"${config}; ${where} has ${some}${paths.length > 8 ? ', …' : ''}`,
  );
}
