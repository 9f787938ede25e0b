import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { budgetFromKeepRatio, projectExact } from '@grasp/budget';
import { decoderConfig, decoderLayout } from '@grasp/decoder';
import { Random } from '@grasp/gates';
import { cosine } from './statistics.js';
import { ContestantError, StepProcess, type StepResult } from './step-process.js';

export interface ContestOptions {
  /** A Hugging Face folder: both sides read it. */
  readonly model: string;
  /** Its config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly python: string;
  readonly compile: boolean;
  readonly dtype: 'float32' | 'bfloat16';
  readonly keep: number;
  readonly rows: number;
  readonly length: number;
  readonly threads: number;
  readonly steps: number;
  readonly units: 'all' | 'kept';
  readonly seed: number;
}

/** One round: a step of each, one after the other. */
export interface Round {
  readonly ours: StepResult;
  readonly theirs: StepResult;
}

/** How far apart the two may be before timing them makes no sense. */
const agreement = { float32: { loss: 1e-4, cosine: 0.9999 }, bfloat16: { loss: 2e-2, cosine: 0.98 } };

function checkAgreement({ ours, theirs }: Round, dtype: ContestOptions['dtype']): void {
  const allowed = agreement[dtype];
  const apart = Math.abs(ours.loss - theirs.loss) / theirs.loss;
  const alike = cosine(ours.gradients, theirs.gradients);
  if (apart <= allowed.loss && alike >= allowed.cosine) return;
  throw new ContestantError(
    `The two do not compute the same: losses ${ours.loss} and ${theirs.loss}, cosine of the gradients ${alike}.`,
    'both',
  );
}

/**
 * Runs our gate step and the PyTorch rival's in turn, each in a process of its own, on the same weights, tokens,
 * mask, threads and dtype. The first round warms up and checks that losses and gradients agree; it is not yielded.
 *
 * @throws ContestantError where one stops or they disagree.
 */
export async function* contest(options: ContestOptions): AsyncGenerator<Round, void> {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-speed-'));
  const layout = decoderLayout(decoderConfig(options.config));
  const random = new Random(options.seed);
  const vocabulary = decoderConfig(options.config).vocabSize;
  const ids = Int32Array.from({ length: options.rows * options.length }, () => random.below(vocabulary));
  const scores = Float32Array.from({ length: layout.size }, () => random.next());
  const mask = projectExact(scores, layout, budgetFromKeepRatio(layout, options.keep));
  await writeFile(join(folder, 'tokens'), new Uint8Array(ids.buffer));
  await writeFile(join(folder, 'gates'), new Uint8Array(Float32Array.from(mask).buffer));

  const start = (name: string, command: string, script: string, extra: readonly string[] = []) => {
    const gradients = join(folder, `gradients-${randomBytes(4).toString('hex')}`);
    const files = [
      '--tokens',
      join(folder, 'tokens'),
      '--gates',
      join(folder, 'gates'),
      '--gradients',
      gradients,
    ];
    const shape = [
      '--rows',
      String(options.rows),
      '--threads',
      String(options.threads),
      '--dtype',
      options.dtype,
    ];
    return new StepProcess(name, command, [script, options.model, ...files, ...shape, ...extra], gradients);
  };
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const ours = start('GRASP', process.execPath, here('./gate-step.js'));
  const rival = here('../../../rival/gate_step.py');
  const theirs = start('PyTorch', options.python, rival, options.compile ? ['--compile'] : []);
  try {
    await ours.ready();
    await theirs.ready();
    const round = async () => ({
      ours: await ours.step(options.units),
      theirs: await theirs.step(options.units),
    });
    checkAgreement(await round(), options.dtype);
    await round(); // once more: buffers are warm, functions recorded
    for (let step = 0; step < options.steps; step++) yield await round();
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}
