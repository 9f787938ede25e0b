import type { PruneEvent } from '@grasp/prune';
import { formatCount, formatSeconds } from '../format.js';
import type { Pace } from './pace.js';

/** The parts of an event that a progress bar shows. */
export interface EventView {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly tokens: number;
  readonly detail: string;
}

const labels = {
  load: 'loading',
  gates: 'learning gates',
  importance: 'choosing units',
  surgery: 'choosing units within layers',
  teacher: 'asking the teacher',
  refit: 'refitting',
  bias: 'compensating in biases',
  scales: 'calibrating scales',
  heal: 'healing',
  'held-out': 'held-out text',
  write: 'writing',
  verify: 'reading back',
};

export function describeEvent(event: PruneEvent): EventView {
  switch (event.stage) {
    case 'gates':
    case 'importance':
    case 'scales': {
      const { step, steps, tokens, loss } = event;
      return {
        label: labels[event.stage],
        done: step,
        total: steps,
        tokens,
        detail: `loss ${loss.toFixed(3)}`,
      };
    }
    case 'heal': {
      const { step, steps, tokens, nll, kl } = event;
      const detail =
        kl === undefined ? `loss ${nll.toFixed(3)}` : `loss ${nll.toFixed(3)}, KL ${kl.toFixed(3)}`;
      return { label: labels.heal, done: step, total: steps, tokens, detail };
    }
    case 'heal-held-out': {
      const { step, steps, tokens, perplexity } = event;
      return {
        label: `${labels['held-out']}, healed`,
        done: step,
        total: steps,
        tokens,
        detail: perplexity.toFixed(2),
      };
    }
    case 'method':
    case 'bias': {
      const { tokens, done } = event;
      const label = event.stage === 'bias' ? labels.bias : `choosing units by ${event.method}`;
      return { label, done: done ? 1 : 0, total: 1, tokens: done ? tokens : 0, detail: '' };
    }
    case 'surgery': {
      const { step, steps, tokens } = event;
      return { label: labels.surgery, done: step, total: steps, tokens, detail: '' };
    }
    case 'teacher': {
      const { block, blocks, tokens } = event;
      return { label: labels.teacher, done: block, total: blocks, tokens, detail: '' };
    }
    case 'refit': {
      const { sublayer, sublayers, tokens, missed } = event;
      const detail = `${(100 * missed).toFixed(1)}% error`;
      return { label: labels.refit, done: sublayer, total: sublayers, tokens, detail };
    }
    case 'held-out': {
      const { compared, shares, share, loss, tokens } = event;
      const detail = `loss ${loss.toFixed(3)} with ${100 * share}% of what tuning found`;
      return { label: labels['held-out'], done: compared, total: shares, tokens, detail };
    }
    case 'perplexity': {
      const { subject, text, window, windows, tokens } = event;
      const label = `perplexity, ${subject}, ${text}`;
      return { label, done: window, total: windows, tokens, detail: event.perplexity.toFixed(2) };
    }
    default: {
      const { stage, tensor, tensors } = event;
      return { label: labels[stage], done: tensor, total: tensors, tokens: 0, detail: '' };
    }
  }
}

/** `loss 4.213, 512 tokens/s, 3m02s left` */
export function describePace({ detail, done, total }: EventView, pace: Pace): string {
  const [rate, left] = [pace.tokensPerSecond, pace.secondsUntil(total)];
  return [
    ...(detail ? [detail] : []),
    ...(rate !== undefined && rate > 0 ? [`${formatCount(rate)} tokens/s`] : []),
    ...(left !== undefined && done < total ? [`${formatSeconds(left)} left`] : []),
  ].join(', ');
}
