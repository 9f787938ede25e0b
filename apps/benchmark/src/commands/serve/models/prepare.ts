import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { modelIdentity } from '../../../shared/models/model-identity.js';
import type { Runtime } from '../runtimes/runtime.js';

/** A model that the user named. */
export interface GivenModel {
  /** Name in the table. */
  readonly name: string;
  readonly path: string;
  /** Hash of its weights and config. */
  readonly identity: string;
}

/** A model in the form that a runtime reads. */
export interface PreparedModel extends GivenModel {
  readonly served: string;
  /** Size of its weights on disk. */
  readonly bytes: number;
}

/**
 * Opens the models. They are named by the last part of their paths where these differ, otherwise by their whole paths. A
 * model that is given again, as a control, has a number too.
 */
export async function givenModels(paths: readonly string[]): Promise<GivenModel[]> {
  const models: GivenModel[] = [];
  for (const path of paths) {
    const checkpoint = await openCheckpoint(path);
    try {
      const sharesName = paths.some((other) => other !== path && basename(other) === basename(path));
      const earlier = models.filter((model) => model.path === path).length;
      const name = `${sharesName ? path : basename(path)}${earlier === 0 ? '' : ` (${earlier + 1})`}`;
      models.push({ name, path, identity: await modelIdentity(checkpoint) });
    } finally {
      await checkpoint.close();
    }
  }
  return models;
}

/**
 * Brings models into the form that a runtime reads. One that has no such form is left out, with a line for the user.
 *
 * @param scratch folder for files that are written.
 */
export async function prepareModels(
  runtime: Runtime,
  models: readonly GivenModel[],
  scratch: string,
): Promise<{ prepared: PreparedModel[]; missing: string[] }> {
  const prepared: PreparedModel[] = [];
  const missing: string[] = [];
  for (const [i, model] of models.entries()) {
    try {
      const served = await runtime.prepare(model.path, scratch, `${runtime.name}-${i}`);
      prepared.push({ ...model, served, bytes: await weightsOnDisk(served) });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('GRASP_')))
        throw error;
      missing.push(`${model.name} in ${runtime.name}: ${error.message}`);
    }
  }
  return { prepared, missing };
}

async function weightsOnDisk(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.size;
  const names = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}
