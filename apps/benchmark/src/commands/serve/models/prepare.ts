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

/** Opens the models. They are named by the last part of their paths where these differ, otherwise by their whole paths. */
export async function givenModels(paths: readonly string[]): Promise<GivenModel[]> {
  const short = paths.map((path) => basename(path));
  const models: GivenModel[] = [];
  for (const [i, path] of paths.entries()) {
    const checkpoint = await openCheckpoint(path);
    const name = short.filter((each) => each === short[i]).length === 1 ? short[i]! : path;
    models.push({ name, path, identity: await modelIdentity(checkpoint) });
    await checkpoint.close();
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
  const { size, isDirectory } = await stat(path).then((info) => ({
    size: info.size,
    isDirectory: info.isDirectory(),
  }));
  if (!isDirectory) return size;
  const names = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}
