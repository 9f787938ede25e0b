import { learnedSizes } from '../learning/held-out.js';
import { importancePlan } from '../learning/importance-plan.js';
import { taughtBlocks } from '../learning/teacher.js';
import type { MethodNeeds } from '../methods/pruning-method.js';
import { rivals } from '../methods/rivals.js';
import type { PruneSettings } from '../settings/schema.js';
import type { TextSizes } from './text-sizes.js';

/** What a run does, in numbers. This file alone reads the settings for the forecast. */
export interface RunPlan {
  readonly dtype: PruneSettings['engine']['dtype'];
  /** Tokens of a calibration block. */
  readonly length: number;
  /** Steps that choose what to keep: of learning gates, or of ranking units by importance. */
  readonly gateSteps: number;
  /** `gradients`: a step runs forward and backward. `forward`: it runs the layers of the dense model alone. */
  readonly gatePass: 'gradients' | 'forward';
  readonly tokensPerGateStep: number;
  readonly scaleSteps: number;
  readonly tokensPerScaleStep: number;
  /** Rank of LoRA. 0 without it. */
  readonly rank: number;
  /** Absent if optimal brain surgeon does not choose. */
  readonly surgery?: SurgeryPlan;
  /** Absent if nothing is refitted. */
  readonly refit?: RefitPlan;
  /** Tokens whose activations give FLAP's biases. 0 without them. */
  readonly biasTokens: number;
  /** Tokens for which the dense model is the teacher. */
  readonly teacherTokens: number;
  /** Tokens of these that no refit reads: the teacher reads them on its own. */
  readonly teacherOnlyTokens: number;
  /** Tokens of a perplexity window. Absent if the run measures no perplexity. */
  readonly window?: number;
}

export interface RefitPlan {
  readonly tokens: number;
  /** Models that read the text: the pruned one, and the dense one if the refit compensates part of the error. */
  readonly streams: 1 | 2;
  /** Whether every sublayer keeps the same share. */
  readonly even: boolean;
}

export interface SurgeryPlan {
  /** What counts: the loss, or errors of outputs. */
  readonly by: 'loss' | 'output';
  /** Tokens that it reads besides those of the steps. */
  readonly tokens: number;
}

/** The plan of a run, from its settings and the sizes of its texts. */
export function runPlan(settings: PruneSettings, texts: TextSizes): RunPlan {
  const { scales, lora, engine } = settings;
  const { length } = settings.text;
  const batchOf = (blocks: number) => Math.min(settings.text.batch, blocks);
  const learnsGates = settings.choice === 'gates';
  const learned = learnedSizes(settings, texts);
  const teacher = taughtBlocks(settings, learned);
  return {
    dtype: engine.dtype,
    length,
    gateSteps: choiceSteps(settings, texts),
    gatePass: needsOf(settings) === 'activations' ? 'forward' : 'gradients',
    tokensPerGateStep: learnsGates ? batchOf(texts.gates) * length : length, // importance reads one block at a time
    scaleSteps: Math.ceil(learned.scales / settings.text.batch) * scales.epochs,
    tokensPerScaleStep: batchOf(learned.scales) * length,
    rank: lora.rank,
    ...surgeryOf(settings, texts),
    ...(settings.refit.mode === 'sequential' ? { refit: refitPlan(settings, learned) } : {}),
    biasTokens: settings.refit.mode === 'bias' ? refitTokens(settings, learned) : 0,
    teacherTokens: teacher.total * length,
    teacherOnlyTokens: (teacher.total - teacher.byRefit) * length,
    ...(texts.window ? { window: texts.window } : {}),
  };
}

function surgeryOf(settings: PruneSettings, texts: TextSizes): Pick<RunPlan, 'surgery'> {
  const { choice, text } = settings;
  const by = choice === 'slimgpt' ? 'output' : 'loss';
  if (choice === 'slimgpt' || choice === 'fisher-obs')
    return { surgery: { by, tokens: texts.gates * text.length } };
  const { rounds, blocksPerRound, within } = importancePlan(settings, texts.gates);
  if (choice !== 'importance' || within !== 'obs') return {};
  return { surgery: { by, tokens: Math.min(texts.gates, rounds * blocksPerRound) * text.length } };
}

function choiceSteps(settings: PruneSettings, texts: TextSizes): number {
  const { choice, gates, text } = settings;
  if (choice === 'gates') return Math.ceil(texts.gates / text.batch) * gates.epochs;
  if (choice === 'importance') {
    const { rounds, blocksPerRound, within } = importancePlan(settings, texts.gates);
    const steps = rounds * blocksPerRound;
    // Brain surgeon reads the blocks of later rounds on the dense model too, each once.
    const again = Math.max(0, Math.min(texts.gates, steps) - blocksPerRound);
    return within === 'obs' ? steps + again : steps;
  }
  if (choice === 'slimgpt') return 0; // its only pass over the text is that of the surgery
  const needs = needsOf(settings);
  return needs === 'gradients' || needs === 'activations' ? texts.gates : 0;
}

/** What the method of the settings reads. */
function needsOf({ choice }: PruneSettings): MethodNeeds {
  if (choice === 'given') return 'nothing'; // what a caller's method does is not known
  return choice === 'gates' || choice === 'importance' ? 'gradients' : rivals[choice].needs;
}

function refitPlan(settings: PruneSettings, texts: TextSizes): RefitPlan {
  return {
    tokens: refitTokens(settings, texts),
    streams: settings.refit.compensation > 0 ? 2 : 1,
    even: settings.projection.layout === 'uniform',
  };
}

const refitTokens = ({ refit, text }: PruneSettings, texts: TextSizes): number =>
  Math.min(refit.blocks, texts.gates) * text.length;
