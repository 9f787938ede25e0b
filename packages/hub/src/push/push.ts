import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CommitProgressEvent, commitIter, HubApiError } from '@huggingface/hub';
import { explain, type HubAccess, type HubOptions, hubAccess, whyOffline } from '../access/access.js';
import { boundedFetch } from '../access/guarded-fetch.js';
import { isCommit } from '../access/server-values.js';
import { HubReplyError, PushError } from '../errors.js';
import { changedFiles, type LocalFile } from './changed-files.js';
import { countingFetch } from './counting-fetch.js';
import { ensureRepository } from './ensure-repository.js';
import type { PushEvent } from './push-event.js';

export interface PushOptions extends HubOptions {
  /** Push to a private repository or not at all. Default: a new repository gets its owner's setting. */
  readonly private?: boolean;
  /** Branch to push to. Created if it is missing. Default `main`. */
  readonly revision?: string;
  /** Title of the commit. */
  readonly title?: string;
}

export interface Pushed {
  /** Page of the repository. */
  readonly url: string;
  /** The new commit. Absent if every file was there already. */
  readonly commit?: string;
  /** Files of the commit. */
  readonly files: readonly string[];
}

const howToGetToken =
  'Create one with write permission (https://huggingface.co/settings/tokens), and set HF_TOKEN to it or run "hf auth login".';

/**
 * Uploads the files of a folder to a model repository of the Hub as one commit. Creates the repository if it is missing.
 * Files that the repository has with the same hash are left out. Large files go to the Hub's storage first, one by one.
 * After a broken upload the same call sends only those that did not arrive whole, and commits.
 *
 * @throws PushError
 */
export async function* push(
  folder: string,
  id: string,
  options: PushOptions = {},
): AsyncGenerator<PushEvent, Pushed, undefined> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(id)) {
    throw new PushError('name', `"${id}" is not a name on the Hub: it should be OWNER/NAME.`);
  }
  const why = whyOffline(options);
  if (why !== undefined) throw new PushError('offline', `Nothing was pushed: ${why}.`);
  const access = await hubAccess(options);
  if (access.accessToken === undefined) {
    throw new PushError('no-token', `No access token was found. ${howToGetToken}`);
  }
  if (!access.accessToken.startsWith('hf_')) {
    throw new PushError(
      'token-form',
      `The access token has not the form of one: they begin with hf_. ${howToGetToken}`,
    );
  }
  try {
    return yield* pushWith({ ...access, accessToken: access.accessToken }, folder, id, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw pushError(error, id, access);
  }
}

async function* pushWith(
  access: HubAccess & { readonly accessToken: string },
  folder: string,
  id: string,
  { revision: branch = 'main', private: isPrivate = false, title = 'Upload model', signal }: PushOptions,
): AsyncGenerator<PushEvent, Pushed, undefined> {
  const bounded = { ...access, fetch: boundedFetch(access.fetch, access.hubUrl) };
  await ensureRepository(id, branch, isPrivate, bounded);
  const repo = { type: 'model', name: id } as const;
  const url = `${access.hubUrl}/${id}${branch === 'main' ? '' : `/tree/${encodeURIComponent(branch)}`}`;
  const files = yield* changedFiles(folder, repo, branch, { ...access, signal });
  if (files.length === 0) return { url, files: [] };
  const progress = commitIter({
    repo,
    branch,
    title,
    operations: files.map(({ path }) => ({
      operation: 'addOrUpdate',
      path,
      content: pathToFileURL(join(folder, path)),
    })),
    // Plain transfers to the Hub's storage. Files that it has already, by hash, are skipped.
    useXet: false,
    ...access,
    fetch: countingFetch(bounded.fetch),
    ...(signal ? { abortSignal: signal } : {}),
  });
  const bytes = byteCounter(files);
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await progress.next();
    if (done) {
      const commit = value?.commit.oid;
      return { url, files: files.map(({ path }) => path), ...(isCommit(commit) ? { commit } : {}) };
    }
    const event = bytes(value);
    if (event) yield event;
  }
}

/** Converts the library's progress by file into bytes of all files. */
function byteCounter(files: readonly LocalFile[]): (event: CommitProgressEvent) => PushEvent | undefined {
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const done = { hashing: new Map<string, number>(), uploading: new Map<string, number>() };
  return (event) => {
    if (event.event === 'phase') {
      return event.phase === 'committing' ? { stage: 'commit', done: total, total } : undefined;
    }
    if (event.state === 'error') return undefined;
    const shares = done[event.state];
    shares.set(event.path, event.progress * (sizes.get(event.path) ?? 0));
    const sum = [...shares.values()].reduce((a, b) => a + b, 0);
    return { stage: event.state === 'hashing' ? 'hash' : 'upload', done: Math.round(sum), total };
  };
}

/** The error without the token, and without a cause, because the library's errors carry signed URLs. */
function pushError(error: unknown, id: string, access: HubAccess): PushError {
  if (error instanceof PushError) return error;
  const said = explain(error, access);
  if (error instanceof HubReplyError) return new PushError('refused', `The push to ${id} stopped. ${said}`);
  // The Hub's storage also answers 403, when a signed URL has expired. The next run gets another.
  const status =
    error instanceof HubApiError && error.url.startsWith(access.hubUrl) ? error.statusCode : undefined;
  if (status === 401) {
    return new PushError('bad-token', `The Hub does not know the access token. ${howToGetToken}`);
  }
  if (status === 403) {
    return new PushError(
      'no-permission',
      `The access token may not write to ${id}: is the owner right, and is its role "write"? The Hub said: ${said}`,
    );
  }
  if (status !== undefined && status < 500 && status !== 408 && status !== 429) {
    return new PushError('refused', `The Hub refused the push to ${id}: ${said}`);
  }
  return new PushError(
    'interrupted',
    `The push to ${id} broke off, and nothing was committed: ${said}. ` +
      'Run the same again to go on: files that arrived whole are not sent again.',
  );
}
