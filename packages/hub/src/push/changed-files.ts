import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@grasp/download';
import { HubApiError, type ListFileEntry, listFiles, type RepoDesignation } from '@huggingface/hub';
import type { HubAccess } from '../access/access.js';
import { boundedFetch } from '../access/guarded-fetch.js';
import { pathsBelow } from '../paths-below.js';
import type { PushEvent } from './push-event.js';

export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
}

/** Files of editors, file managers and git. */
const isHidden = (path: string): boolean =>
  path !== '.gitattributes' && path.split('/').some((part) => part.startsWith('.'));

/**
 * The files of a folder, without hidden ones, that the branch lacks or has with other content.
 *
 * @throws the reason of `signal` if it is aborted
 */
export async function* changedFiles(
  folder: string,
  repo: RepoDesignation,
  branch: string,
  { signal, ...access }: HubAccess & { readonly signal?: AbortSignal | undefined },
): AsyncGenerator<PushEvent, LocalFile[], undefined> {
  const there = await listed(repo, branch, access);
  const files: LocalFile[] = [];
  for (const path of await pathsBelow(folder)) {
    if (!isHidden(path)) files.push({ path, bytes: (await stat(join(folder, path))).size });
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const changed: LocalFile[] = [];
  let done = 0;
  for (const file of files) {
    signal?.throwIfAborted(); // a file may have gigabytes to hash
    const entry = there.get(file.path);
    if (!entry || !(await isSame(join(folder, file.path), file.bytes, entry))) changed.push(file);
    done += file.bytes;
    yield { stage: 'compare', done, total };
  }
  return changed;
}

async function isSame(path: string, bytes: number, { size, oid, lfs }: ListFileEntry): Promise<boolean> {
  if (bytes !== size) return false;
  if (lfs) return (await digestOf(path, 'sha256')) === lfs.oid.replace('sha256:', '');
  return (await digestOf(path, 'git-sha1')) === oid;
}

async function listed(repo: RepoDesignation, branch: string, access: HubAccess) {
  const entries = new Map<string, ListFileEntry>();
  const bounded = { ...access, fetch: boundedFetch(access.fetch, access.hubUrl) };
  try {
    for await (const entry of listFiles({ repo, revision: branch, recursive: true, ...bounded })) {
      if (entry.type === 'file') entries.set(entry.path, entry);
    }
  } catch (error) {
    // A new repository has no commit.
    if (!(error instanceof HubApiError) || error.statusCode !== 404) throw error;
  }
  return entries;
}
