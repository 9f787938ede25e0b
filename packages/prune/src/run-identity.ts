import { createHash } from 'node:crypto';
import type { Checkpoint } from '@grasp/checkpoint';
import type { PruneJob } from './prune-job.js';
import type { PruneSettings } from './settings.js';
import type { RunIdentity } from './state/run-state.js';
import { version } from './version.js';

/** SHA-256 of a model's config and of every weight; reads all of them. */
async function modelFingerprint(checkpoint: Checkpoint): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(checkpoint.config));
  for (const [name, { dtype, shape }] of [...checkpoint.tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { buffer, byteOffset, byteLength } = (await checkpoint.read(name)).data;
    hash.update(`${name} ${dtype} ${shape}\n`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/**
 * What decides the result of a run: model by its weights, text by its tokens, settings, and the engine, whose threads
 * may change the last bit of a sum. Where files lie does not count.
 */
export async function runIdentity(job: Omit<PruneJob, 'folder'>): Promise<RunIdentity> {
  const { checkpoint, engine, settings, gateBlocks, scaleBlocks = gateBlocks, evaluation = [] } = job;
  return {
    release: version,
    model: await modelFingerprint(checkpoint),
    engine: engine.description,
    'calibration text': gateBlocks.fingerprint,
    'text for scales': scaleBlocks.fingerprint,
    ...Object.fromEntries(evaluation.map(({ name, windows }) => [`text ${name}`, windows.fingerprint])),
    ...settingParts(settings),
  };
}

/** Settings that are set, those that are lists or tables as text. */
function settingParts(settings: PruneSettings): RunIdentity {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : value]];
    }),
  );
}
