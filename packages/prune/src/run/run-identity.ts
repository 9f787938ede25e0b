import { createHash } from 'node:crypto';
import { type Checkpoint, updateHash } from '@grasp/checkpoint';
import { givenMethod, withGivenChoice } from '../methods/given-method.js';
import { settingEntries } from '../settings/flat.js';
import type { PruneSettings } from '../settings/schema.js';
import type { RunIdentity } from '../state/same-run.js';
import type { PruneJob } from './prune-job.js';
import { version } from './version.js';

/** A run asks for the same model more than once, and reading it takes seconds for each gigabyte. */
const fingerprints = new WeakMap<Checkpoint, Promise<string>>();

/** SHA-256 of a model's config and all of its weights. Reads every weight, once for each open checkpoint. */
export function modelFingerprint(checkpoint: Checkpoint): Promise<string> {
  const known = fingerprints.get(checkpoint);
  if (known) return known;
  const reading = readFingerprint(checkpoint);
  fingerprints.set(checkpoint, reading);
  reading.catch(() => fingerprints.delete(checkpoint));
  return reading;
}

async function readFingerprint(checkpoint: Checkpoint): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(checkpoint.config));
  for (const [name, { dtype, shape }] of [...checkpoint.tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${dtype} ${shape}\n`);
    updateHash(hash, (await checkpoint.read(name)).data);
  }
  return hash.digest('hex');
}

/**
 * Everything that determines the result of a run: the weights, the tokens of all texts, the settings, and the engine,
 * because its number of threads can change the last bit of a sum. Paths of files are not part of it.
 */
export async function runIdentity(given: Omit<PruneJob, 'folder'>): Promise<RunIdentity> {
  const job = withGivenChoice(given);
  const method = givenMethod(job);
  const { checkpoint, engine, settings, gateBlocks, scaleBlocks = gateBlocks, evaluation = [] } = job;
  return {
    release: version,
    ...(method ? { 'method of choice': [method.name, method.fingerprint].filter(Boolean).join(' ') } : {}),
    model: await modelFingerprint(checkpoint),
    engine: engine.description,
    'calibration text': gateBlocks.fingerprint,
    'text for scales': scaleBlocks.fingerprint,
    ...Object.fromEntries(evaluation.map(({ name, windows }) => [`text ${name}`, windows.fingerprint])),
    ...settingParts(settings),
  };
}

/** All settings by path; lists and tables as JSON. */
function settingParts(settings: PruneSettings): RunIdentity {
  return Object.fromEntries(
    settingEntries(settings).map(([path, value]) => [
      path,
      typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value),
    ]),
  );
}
