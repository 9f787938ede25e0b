import { createHash } from 'node:crypto';
import { parseJson } from '@grasp/files';
import {
  decodeImportanceState,
  decodeState,
  encodeImportanceState,
  encodeState,
  type ImportanceState,
  type TrainingState,
} from '@grasp/gates';
import * as z from 'zod';
import type { Subject } from '../run/events.js';
import { checkSameRun, RESTART, type RunIdentity, RunStateError } from './same-run.js';

/** The state of choosing units: gates that learn, importance that accumulates, or what a method found. */
export type ChoiceState =
  | { readonly gates: TrainingState; readonly importance?: undefined; readonly found?: undefined }
  | { readonly gates?: undefined; readonly importance: ImportanceState; readonly found?: undefined }
  | {
      readonly gates?: undefined;
      readonly importance?: undefined;
      /** Scores, or a mask. */
      readonly found: Float32Array | Uint8Array;
    };

/**
 * What a run has learned and measured so far. With the run's settings, model and text it suffices to resume: the blocks
 * of a step are a function of the step, and arithmetic does not depend on earlier computations.
 */
export interface RunState {
  choice?: ChoiceState;
  /** Tuning of scales, norms and LoRA; present once the choice is complete. */
  tuning?: TrainingState;
  /** Perplexities by text, of models measured to the end. */
  readonly perplexity: Partial<Record<Subject, Readonly<Record<string, number>>>>;
}

/** Number of steps completed. */
export function stepsOf({ choice, tuning }: RunState): number {
  const chosen = choice?.gates ?? choice?.importance;
  return (chosen?.step ?? (choice?.found ? 1 : 0)) + (tuning?.step ?? 0);
}

/*
 * A state file: a line with name, version and the SHA-256 of all that follows; a line of JSON; then the stages' states
 * one after another.
 */
const MAGIC = 'grasp-run-state';
const VERSION = '2';
type Stage = 'gates' | 'importance' | 'scores' | 'mask' | 'tuning';

const perplexities = z.record(z.string(), z.number());
const headerSchema = z.object({
  identity: z.record(z.string(), z.union([z.string(), z.number()])),
  perplexity: z.object({
    dense: perplexities.exactOptional(),
    masked: perplexities.exactOptional(),
    calibrated: perplexities.exactOptional(),
  }),
  /** Bytes of each stage's state, in file order. */
  stages: z.array(
    z.object({ stage: z.enum(['gates', 'importance', 'scores', 'mask', 'tuning']), bytes: z.int().min(0) }),
  ),
});
type Header = z.output<typeof headerSchema>;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A run's state as one block of bytes. */
export function encodeRunState(state: RunState, identity: RunIdentity): Uint8Array {
  const { gates, importance, found } = state.choice ?? {};
  const stages: { stage: Stage; bytes: Uint8Array }[] = [];
  if (gates) stages.push({ stage: 'gates', bytes: encodeState(gates, 'gates') });
  if (importance)
    stages.push({ stage: 'importance', bytes: encodeImportanceState(importance, 'importance') });
  if (found) {
    const stage = found instanceof Float32Array ? 'scores' : 'mask';
    stages.push({ stage, bytes: new Uint8Array(found.buffer, found.byteOffset, found.byteLength) });
  }
  if (state.tuning) stages.push({ stage: 'tuning', bytes: encodeState(state.tuning, 'tuning') });
  const header: Header = {
    identity,
    perplexity: state.perplexity,
    stages: stages.map(({ stage, bytes }) => ({ stage, bytes: bytes.length })),
  };
  const body = Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    ...stages.map(({ bytes }) => bytes),
  ]);
  return Buffer.concat([Buffer.from(`${MAGIC} ${VERSION} ${sha256(body)}\n`), body]);
}

/**
 * The state that {@link encodeRunState} wrote.
 *
 * @param path what a message calls it
 * @throws RunStateError if it is something else, damaged, of another release, or of a run that differs
 */
export function decodeRunState(bytes: Uint8Array, identity: RunIdentity, path: string): RunState {
  const { header, stages } = readRunState(bytes, path);
  checkSameRun(path, header.identity, identity);
  const state: RunState = { perplexity: header.perplexity };
  for (const [stage, own] of stages) {
    try {
      if (stage === 'gates') state.choice = { gates: decodeState(own, stage) };
      if (stage === 'importance') state.choice = { importance: decodeImportanceState(own, stage) };
      if (stage === 'scores') state.choice = { found: new Float32Array(Uint8Array.from(own).buffer) };
      if (stage === 'mask') state.choice = { found: Uint8Array.from(own) };
      if (stage === 'tuning') state.tuning = decodeState(own, stage);
    } catch (error) {
      throw damaged(path, error);
    }
  }
  return state;
}

/**
 * Reads a state without asking which run it is of.
 *
 * @throws RunStateError if it is something else, damaged, or of another release
 */
export function readRunState(
  bytes: Uint8Array,
  path: string,
): { readonly header: Header; readonly stages: ReadonlyMap<Stage, Uint8Array> } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isRunState(file)) {
    throw new RunStateError(
      path,
      'this is not the saved state of a run. Move it, or choose another output folder.',
    );
  }
  const [, version, hash] = file.subarray(0, file.indexOf('\n')).toString().split(' ');
  if (version !== VERSION)
    throw new RunStateError(path, `saved by another release (version ${version}). ${RESTART}`);
  const body = file.subarray(file.indexOf('\n') + 1);
  if (sha256(body) !== hash) throw damaged(path);
  // The hash tells accidents. What follows may still be forged.
  const headerEnd = body.indexOf('\n') + 1;
  let header: Header;
  try {
    header = headerSchema.parse(parseJson(body.subarray(0, headerEnd).toString()));
  } catch (error) {
    throw damaged(path, error);
  }
  const stages = new Map<Stage, Uint8Array>();
  let offset = headerEnd;
  for (const { stage, bytes: length } of header.stages) {
    stages.set(stage, body.subarray(offset, offset + length));
    offset += length;
  }
  if (offset !== body.length) throw damaged(path);
  return { header, stages };
}

const damaged = (path: string, cause?: unknown): RunStateError =>
  new RunStateError(path, `the saved state is damaged. ${RESTART}`, [], { cause });

/** Whether a file is the state of a run, of any release, complete or not. */
export function isRunState(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString() === MAGIC;
}
