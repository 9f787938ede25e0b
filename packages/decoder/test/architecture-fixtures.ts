import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, openCheckpoint, openSafetensors } from '@grasp/checkpoint';
import type { TokenBatch } from '../src/token-batch.js';

const ROOT = fileURLToPath(new URL('architectures/', import.meta.url));

/** A small model of one architecture, with what transformers computes for it: see python/make_architectures.py. */
export interface ArchitectureFixture {
  readonly checkpoint: Checkpoint;
  /** config.json as transformers 5 writes it. Undefined if that made the model. */
  readonly newerConfig: Record<string, unknown> | undefined;
  readonly batch: TokenBatch;
  readonly runs: readonly FixtureRun[];
  readonly prompt: Int32Array;
  /** Empty where cached keys give another text than a new forward pass. */
  readonly continuation: Int32Array;
}

/** The model under one set of gates. */
export interface FixtureRun {
  readonly gates: Float32Array;
  /** `[rows, length, V]` */
  readonly logits: Float32Array;
  readonly loss: number;
  /** dL/dgate. */
  readonly gradients: Float32Array;
}

/** Variants that use most of an architecture's options come first of its models. */
const rank = (name: string) => (name.endsWith('-plain') || name.endsWith('-window') ? 0 : 1);

export const fixtureNames: readonly string[] = readdirSync(ROOT).sort(
  (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
);

/** The folder of a fixture, a model that `openCheckpoint` opens. */
export const fixtureFolder = (name: string): string => join(ROOT, name);

/** Reads a fixture. The caller closes the checkpoint. */
export async function architectureFixture(name: string): Promise<ArchitectureFixture> {
  const folder = fixtureFolder(name);
  const file = await openSafetensors(join(folder, 'expected.safetensors'));
  const read = async (tensor: string) => (await file.read(tensor)).data as Float32Array | Int32Array;
  const floats = async (tensor: string) => (await read(tensor)) as Float32Array;
  const ids = async (tensor: string) => (await read(tensor)) as Int32Array;
  const [gates, logits, losses, gradients] = [
    await floats('gates'),
    await floats('logits'),
    await floats('loss'),
    await floats('gradients'),
  ];
  const part = (all: Float32Array, run: number) => {
    const size = all.length / losses.length;
    return all.slice(run * size, (run + 1) * size);
  };
  const [rows, length] = file.tensors.get('ids')!.shape as [number, number];
  const fixture = {
    checkpoint: await openCheckpoint(folder),
    newerConfig: await jsonOf(join(folder, 'config.transformers-5.json')),
    batch: { ids: await ids('ids'), shape: [rows, length] as const },
    runs: Array.from(losses, (loss, run) => ({
      loss,
      gates: part(gates, run),
      logits: part(logits, run),
      gradients: part(gradients, run),
    })),
    prompt: file.tensors.has('prompt') ? await ids('prompt') : new Int32Array(0),
    continuation: file.tensors.has('continuation') ? await ids('continuation') : new Int32Array(0),
  };
  await file.close();
  return fixture;
}

async function jsonOf(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
}
