import { type PruneSettings, parseSettings } from '@grasp/prune';
import { BenchOptionError } from '../../../shared/options/bench-option-error.js';

/** Settings, and the arguments of the paper's `train.py` with the same meaning. Some have one argument per stage. */
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
 * Converts settings to arguments of `train.py`.
 *
 * @throws BenchOptionError if a setting without such an argument differs from the default. The seed, for instance, is
 *   always 42.
 */
export function officialArguments(settings: PruneSettings): string[] {
  const fixed = parseSettings({ projection: settings.projection });
  for (const name of Object.keys(settings) as (keyof PruneSettings)[]) {
    if (name in ARGUMENTS || settings[name] === fixed[name]) continue;
    const value = JSON.stringify(settings[name]);
    throw new BenchOptionError(
      `--settings: the paper's code does not support ${name} = ${value}. Remove this setting.`,
      name,
    );
  }
  return Object.entries(ARGUMENTS).flatMap(([name, flags]) =>
    flags.flatMap((flag) => [flag, String(settings[name as keyof PruneSettings])]),
  );
}

/** Family of a model in the paper's code. It selects the gates and the tokenizer. */
export function officialFamily(modelType: unknown): 'llama' | 'qwen' | 'auto' {
  if (modelType === 'llama') return 'llama';
  return typeof modelType === 'string' && modelType.startsWith('qwen') ? 'qwen' : 'auto';
}
