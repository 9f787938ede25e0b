import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Layout, sameLayout } from '@grasp/budget';
import { openSafetensors, toFloat32 } from '@grasp/checkpoint';
import { decodeMask, type PrunedUnits } from '@grasp/fold';
import { type GivenChoice, methodFromModule, type PruningMethod, SettingsError } from '@grasp/prune';
import type { RunInputs } from '../../shared/run/inputs.js';

/**
 * What the command line gives in place of a built-in choice: a file of scores, a file with a mask, or a module.
 *
 * @throws SettingsError or MethodError if a file or the module holds something else. Typed errors of the readers.
 */
export async function givenChoice(
  { scores, mask, methodModule }: Pick<RunInputs, 'scores' | 'mask' | 'methodModule'>,
  layout: Layout,
): Promise<GivenChoice> {
  return {
    ...(scores === undefined ? {} : { scores: await vectorIn(scores, 'scores', layout) }),
    ...(mask === undefined ? {} : { mask: maskOf(await vectorIn(mask, 'mask', layout), mask) }),
    ...(methodModule === undefined ? {} : { method: await methodIn(methodModule) }),
  };
}

async function methodIn(path: string): Promise<PruningMethod> {
  if (existsSync(path)) return methodFromModule(path);
  throw new SettingsError(`--method ${path}: there is no such file.`, ['method']);
}

/** A vector over units: of a grasp-mask.json, or the tensor of that name in a safetensors file. */
async function vectorIn(path: string, name: 'scores' | 'mask', layout: Layout): Promise<Float32Array> {
  if (/\.json$/i.test(path)) {
    const { layout: own, ...units } = await maskFile(path, name);
    const vector = units[name];
    if (vector && sameLayout(own, layout)) return Float32Array.from(vector);
    const problem = vector ? 'its units are those of another model' : `it holds no ${name}`;
    throw new SettingsError(`--${name} ${path}: ${problem}.`, [name]);
  }
  const file = await openSafetensors(path).catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem =
      code === 'GRASP_CHECKPOINT_MISSING'
        ? 'there is no such file.'
        : `it is neither a safetensors file nor a grasp-mask.json (${message})`;
    throw new SettingsError(`--${name} ${path}: ${problem}`, [name], { cause });
  });
  try {
    const found = [...file.tensors.keys()];
    const tensor = found.includes(name) ? name : found.length === 1 ? found[0]! : undefined;
    if (tensor !== undefined) {
      const read = await file.read(tensor);
      if (read.dtype === 'BF16' || read.dtype === 'F16') return toFloat32(read);
      return Float32Array.from(read.data as ArrayLike<number | bigint>, Number);
    }
    throw new SettingsError(`--${name} ${path}: it has no tensor "${name}", and ${found.length} others.`, [
      name,
    ]);
  } finally {
    await file.close();
  }
}

async function maskFile(path: string, name: string): Promise<PrunedUnits> {
  try {
    return decodeMask(await readFile(path));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'there is no such file.' : message;
    throw new SettingsError(`--${name} ${path}: ${problem}`, [name], { cause });
  }
}

function maskOf(values: Float32Array, path: string): Uint8Array {
  const bad = values.findIndex((value) => value !== 0 && value !== 1);
  if (bad < 0) return Uint8Array.from(values);
  throw new SettingsError(`--mask ${path}: entry ${bad} is ${values[bad]}. A mask holds 0 and 1.`, ['mask']);
}
