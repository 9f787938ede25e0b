import type { Checkpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import type { DType, Rival } from '../../shared/timing/start-step.js';
import { ContestantError, type StepKind } from '../../shared/timing/step-process.js';
import { writeWorkload } from '../../shared/timing/workload.js';
import { contest } from './contest.js';
import type { Match } from './report.js';

/** What is compared, and how. */
export interface CompareOptions {
  /** Python of the PyTorch scripts. */
  readonly python: string;
  /** Our steps run without a rival. */
  readonly alone: boolean;
  readonly compile: boolean;
  /** Clone of the paper's repository. */
  readonly official?: string | undefined;
  /** Our step of another commit, in place of PyTorch. */
  readonly baseline?: Extract<Rival, { name: 'baseline' }> | undefined;
  /** Workers that hold the layers of a second copy of our step, in place of PyTorch. */
  readonly workers?: readonly string[] | undefined;
  readonly step: readonly StepKind[];
  readonly dtype: readonly DType[];
  readonly text?: string | undefined;
  readonly keep: number;
  readonly rows: number;
  readonly length: number;
  /** Tokens of a perplexity window. */
  readonly window: number;
  readonly rounds: number;
  readonly threads: number;
  readonly seed: number;
}

/** A finished contest, or a line that says why one could not be run. */
export type Compared = { readonly match: Match } | { readonly missing: string };

/** Steps that the paper's code has. */
const OFFICIAL_STEPS: readonly StepKind[] = ['gates', 'scales'];

/** The rivals of our step of a kind; `undefined` is none. */
function rivalsOf(
  kind: StepKind,
  { alone, compile, official, baseline, workers }: CompareOptions,
): readonly (Rival | undefined)[] {
  if (alone) return [undefined];
  if (baseline) return [baseline];
  if (workers) return [{ name: 'workers', addresses: workers }];
  const rivals: Rival[] = [{ name: 'eager' }];
  if (compile) rivals.push({ name: 'compiled' });
  if (official !== undefined && OFFICIAL_STEPS.includes(kind))
    rivals.push({ name: 'official', clone: official });
  return rivals;
}

/** Whether the other contests go on without a rival. */
const isOptional = (rival: Rival | undefined) => rival?.name === 'compiled' || rival?.name === 'official';

/**
 * Runs all contests one after the other.
 *
 * @param model Hugging Face folder of the checkpoint
 * @param scratch folder for the files that both sides read and write
 * @throws ContestantError if our step, or a rival that the contest is about, fails
 */
export async function* compareSteps(
  checkpoint: Checkpoint,
  model: string,
  options: CompareOptions,
  scratch: string,
): AsyncGenerator<Compared, void> {
  const config = configOf(checkpoint);
  for (const kind of options.step) {
    const perplexity = kind === 'perplexity';
    const length = perplexity ? Math.min(options.window, config.contextLength) : options.length;
    const [rows, keep] = perplexity ? [1, 1] : [options.rows, options.keep];
    const { text, seed, python, threads, rounds } = options;
    if (options.official !== undefined && !OFFICIAL_STEPS.includes(kind))
      yield { missing: `${kind}, official: the paper's code has no such step` };
    const workload = await writeWorkload(checkpoint, scratch, { text, rows, length, keep, seed });
    for (const dtype of options.dtype) {
      for (const rival of rivalsOf(kind, options)) {
        const about = `${kind}, ${dtype}${rival && rival.name !== 'eager' ? `, ${rival.name}` : ''}`;
        console.error(`${about} …`);
        try {
          const run = { model, workload, folder: scratch, python, rival, kind, dtype, threads, rounds };
          const size = { kind, dtype, rows, length, keep };
          yield { match: { ...(await contest(run)), ...size, ...rivalFields(rival) } };
        } catch (error) {
          if (!(error instanceof ContestantError) || !isOptional(rival)) throw error;
          yield { missing: `${about}: ${error.message}` };
        }
      }
    }
  }
}

function rivalFields(rival: Rival | undefined): Pick<Match, 'rival' | 'commit'> {
  if (!rival) return {};
  return { rival: rival.name, ...(rival.name === 'baseline' ? { commit: rival.commit } : {}) };
}
