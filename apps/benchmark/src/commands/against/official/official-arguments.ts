import { type PruneSettings, parseSettings } from '@grasp/prune';
import { BenchOptionError } from '../../../shared/options/bench-option-error.js';

/** Our settings and the arguments of the paper's `train.py` that say the same; some stages have theirs apart. */
const ARGUMENTS: Partial<Record<keyof PruneSettings, readonly string[]>> = {
  keep: ['--keep-ratio'],
  epochs: ['--epochs'],
  scaleEpochs: ['--rescale-epochs'],
  batch: ['--batch-size'],
  blocks: ['--num-samples', '--rescale-num-samples'],
  length: ['--max-len'],
  learningRate: ['--lr', '--rescale-lr'],
  tau: ['--tau'],
  alpha: ['--rescale-alpha'],
  dtype: ['--dtype'],
};

/**
 * The settings as arguments of `train.py`.
 *
 * @throws BenchOptionError for a setting that the paper's code has not, or has fixed: its seed is 42.
 */
export function officialArguments(settings: PruneSettings): string[] {
  const fixed = parseSettings({ projection: settings.projection });
  for (const name of Object.keys(settings) as (keyof PruneSettings)[]) {
    if (name in ARGUMENTS || settings[name] === fixed[name]) continue;
    const value = JSON.stringify(settings[name]);
    throw new BenchOptionError(`The paper's code cannot be told ${name} ${value}: leave it out.`, name);
  }
  return Object.entries(ARGUMENTS).flatMap(([name, flags]) =>
    flags.flatMap((flag) => [flag, String(settings[name as keyof PruneSettings])]),
  );
}

/** The clone's name of the model's family: it picks the gates, and which tokenizer is loaded. */
export function officialFamily(modelType: unknown): 'llama' | 'qwen' | 'auto' {
  if (modelType === 'llama') return 'llama';
  return typeof modelType === 'string' && modelType.startsWith('qwen') ? 'qwen' : 'auto';
}
