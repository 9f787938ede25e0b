import { join } from 'node:path';
import {
  type Checkpoint,
  type CheckpointFile,
  openCheckpoint,
  withFiniteWeights,
  writeFolder,
} from '@grasp/checkpoint';
import {
  type Architecture,
  type Decoder,
  type DecoderCheckpoint,
  openDecoderCheckpoint,
} from '@grasp/decoder';
import { forTransformers, healedCard } from '@grasp/export';
import { replaceFile } from '@grasp/files';
import { loadOn } from '../engine/load.js';
import { assertDtype, type Engine } from '../engine/open-engine.js';
import type { PruneEvent } from '../run/events.js';
import { type EvaluationText, measure } from '../run/measure.js';
import { relay } from '../run/relay.js';
import { modelFingerprint } from '../run/run-identity.js';
import { CARD, dataRecord } from '../run/run-record.js';
import { version } from '../run/version.js';
import type { RunIdentity } from '../state/same-run.js';
import { bestInMemory, bestPoint } from './best.js';
import { TeacherMisfitError } from './errors.js';
import { type HealTexts, healWeights } from './learn.js';
import { LoraTraining } from './lora-training.js';
import { HEAL_RECORD, type HealRecord } from './record.js';
import type { HealSettings } from './settings.js';
import type { HealProgress, HealStateFile } from './state.js';
import type { TeacherCache } from './teacher/teacher-cache.js';
import type { HealTraining } from './training.js';

/** The inputs of a healing. The run closes none of them. */
export interface HealJob {
  /** A pruned model, or any other. */
  readonly pruned: Checkpoint;
  /** Of the pruned model, in the record. Default: where it is. */
  readonly name?: string | undefined;
  /** A model with the same vocabulary: the dense one, or a larger one. */
  readonly teacher: Checkpoint;
  readonly architectures?: readonly Architecture[];
  readonly engine: Engine;
  readonly settings: HealSettings;
  readonly texts: HealTexts;
  /** Texts on which perplexity is measured before and after. Default: none. */
  readonly evaluation?: readonly EvaluationText[];
  /** An empty folder for the output. Without one, nothing is written. */
  readonly folder?: string;
  /** Files of the pruned model that are copied: its record and mask. */
  readonly files?: readonly CheckpointFile[];
  /** The model card of the pruned model, which the new one continues. */
  readonly card?: string | undefined;
  readonly stateFile?: HealStateFile | undefined;
  /** Of `openTeacherCache`. The teacher is not loaded if all its predictions are there. */
  readonly teacherCache?: TeacherCache | undefined;
}

/**
 * Everything that determines the result of a healing, see `runIdentity`. Reads every weight of both models.
 */
export async function healIdentity(
  job: Pick<HealJob, 'pruned' | 'teacher' | 'engine' | 'settings' | 'texts' | 'teacherCache'>,
): Promise<RunIdentity> {
  const { training, heldOut } = job.texts;
  return {
    release: version,
    'pruned model': await modelFingerprint(job.pruned),
    teacher: await modelFingerprint(job.teacher),
    engine: job.engine.description,
    'blocks the teacher reads at once': job.teacherCache ? 1 : job.settings.rows,
    text: training.fingerprint,
    ...(heldOut ? { 'held-out text': heldOut.fingerprint } : {}),
    ...job.settings,
  };
}

/**
 * Distils the teacher into all weights of a pruned model, and writes the healed model: the same kind of checkpoint, with a
 * record and a card. Yields an event for each step. With a state file, a run that was left resumes.
 *
 * @returns the record, which is also written to the folder.
 * @throws EngineError, TeacherMisfitError before any work; HealError; what the engine and the checkpoints throw.
 */
export async function* heal(job: HealJob): AsyncGenerator<PruneEvent, HealRecord, undefined> {
  const { engine, settings, texts, evaluation = [], folder } = job;
  assertDtype(engine, settings.dtype);
  const pruned = await openDecoderCheckpoint(job.pruned, job.architectures);
  const teacher = await openDecoderCheckpoint(job.teacher, job.architectures);
  checkTeacher(pruned, teacher);
  if (folder !== undefined) forTransformers(pruned); // throws now what it would throw after the work
  const before = yield* measure(pruned, 'pruned', evaluation, engine);
  const healed = yield* trainAndWrite(pruned, teacher, job);
  const after = folder === undefined ? {} : yield* measureFolder(folder, evaluation, engine);
  const record: HealRecord = {
    format: 'grasp-heal',
    version: 1,
    versions: { grasp: version, node: process.versions.node, engine: engine.description },
    pruned: job.name ?? pruned.source,
    teacher: teacher.source,
    settings,
    data: {
      training: dataRecord(texts.training),
      ...(texts.heldOut ? { heldOut: dataRecord(texts.heldOut) } : {}),
      evaluation: Object.fromEntries(evaluation.map(({ name, windows }) => [name, dataRecord(windows)])),
    },
    parameters: healed.parameters,
    steps: healed.progress.steps,
    curve: healed.progress.curve,
    ...(healed.bestStep === undefined ? {} : { bestStep: healed.bestStep }),
    perplexity: { pruned: before, healed: after },
  };
  if (folder === undefined) return record;
  for (const file of job.files ?? []) await replaceFile(join(folder, file.name), await file.read());
  await replaceFile(join(folder, HEAL_RECORD), `${JSON.stringify(record, null, 2)}\n`);
  await replaceFile(join(folder, CARD), healedCard(job.card, record));
  return record;
}

/** @throws TeacherMisfitError if the two models do not have the same vocabulary */
function checkTeacher(pruned: DecoderCheckpoint, teacher: DecoderCheckpoint): void {
  const [own, other] = [pruned.decoder.vocabSize, teacher.decoder.vocabSize];
  if (own === other) return;
  throw new TeacherMisfitError(
    `The teacher ${teacher.source} has a vocabulary of ${other} tokens; ${pruned.source} has ${own}. Use a teacher with the same tokenizer.`,
  );
}

interface Healed {
  /** Number of entries that were trained. */
  readonly parameters: number;
  readonly progress: HealProgress;
  readonly bestStep?: number | undefined;
}

/** Trains, and writes the result to the folder. The models have left memory when it returns. */
async function* trainAndWrite(
  pruned: DecoderCheckpoint,
  dense: DecoderCheckpoint,
  { engine, settings, texts, folder, stateFile, teacherCache: cache }: HealJob,
): AsyncGenerator<PruneEvent, Healed, undefined> {
  const best = settings.patience > 0 ? (stateFile?.best ?? bestInMemory()) : undefined;
  const student = yield* loadOn(pruned, engine, settings.dtype);
  let loaded: Decoder | undefined;
  let training: HealTraining | undefined;
  try {
    const asks = settings.teacherShare > 0 && !(cache && (await cache.missing(texts.training)) === 0);
    loaded = asks ? yield* loadOn(dense, engine, settings.dtype) : undefined;
    const view = loaded?.under();
    const teacher = cache ? cache.over(view) : view;
    const { beta1, beta2, weightDecay, clip } = settings;
    const embedding = settings.embedding === 'trained';
    const options = { betas: [beta1, beta2] as const, weightDecay, clip };
    const lora =
      settings.train === 'lora'
        ? await LoraTraining.open(student, { ...options, rank: settings.rank, seed: settings.seed })
        : undefined;
    const weights = lora ?? student.training({ ...options, embedding, relative: true });
    training = weights;
    const models = { student: lora?.model ?? student, teacher };
    const onBest = async (step: number) => {
      if (step > 0) await best?.keep(step, weights.checkpoint(pruned)); // those of step 0 are the pruned model's
    };
    const progress = yield* healWeights(models, weights, texts, settings, stateFile, onBest);
    const bestStep = best && bestPoint(progress.curve)?.step;
    if (folder !== undefined) {
      const isKept = bestStep !== undefined && bestStep > 0 && bestStep < progress.steps.length;
      const kept = isKept ? await best!.open(bestStep, pruned) : undefined;
      try {
        yield* write(kept ?? (bestStep === 0 ? pruned : weights.checkpoint(pruned)), folder);
      } finally {
        await kept?.close();
      }
    }
    return { parameters: weights.size, progress, bestStep };
  } finally {
    training?.dispose();
    student.dispose();
    loaded?.dispose();
  }
}

/** Perplexities of a healed model. */
async function* measureFolder(
  folder: string,
  evaluation: readonly EvaluationText[],
  engine: Engine,
): AsyncGenerator<PruneEvent, Readonly<Record<string, number>>, undefined> {
  if (evaluation.length === 0) return {};
  const checkpoint = await openCheckpoint(folder);
  try {
    return yield* measure(checkpoint, 'healed', evaluation, engine);
  } finally {
    await checkpoint.close();
  }
}

function write(checkpoint: DecoderCheckpoint, folder: string): AsyncGenerator<PruneEvent, void, undefined> {
  return relay<PruneEvent, void>((emit) =>
    writeFolder(withFiniteWeights(forTransformers(checkpoint)), folder, {
      onTensor: ({ stage, done, total }) => emit({ stage, tensor: done, tensors: total }),
    }),
  );
}
