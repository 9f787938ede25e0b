import { type PruneSettings, parseSettings, settingEntries } from '@grasp/prune';
import { BenchOptionError } from '../options/bench-option-error.js';

/** Arguments of the paper's `train.py`, by the path of our setting. Some settings have one argument per stage. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'budget.keep': ['--keep-ratio'],
  'gates.epochs': ['--epochs'],
  'scales.epochs': ['--rescale-epochs'],
  'text.batch': ['--batch-size'],
  'text.blocks': ['--num-samples', '--rescale-num-samples'],
  'text.length': ['--max-len'],
  'optimizer.learningRate': ['--lr', '--rescale-lr'],
  'gates.tau': ['--tau'],
  'scales.alpha': ['--rescale-alpha'],
  'engine.dtype': ['--dtype'],
};

/**
 * Converts settings to arguments of `train.py`.
 *
 * @throws BenchOptionError if a setting without such an argument differs from the default. The seed, for instance, is
 *   always 42.
 */
export function officialArguments(settings: PruneSettings): string[] {
  const fixed = new Map(settingEntries(parseSettings({ projection: { rule: settings.projection.rule } })));
  const given = new Map(settingEntries(settings));
  for (const [path, value] of given) {
    if (path in ARGUMENTS || value === fixed.get(path)) continue;
    throw new BenchOptionError(
      `--settings: the paper's code does not support ${path} = ${JSON.stringify(value)}. Remove this setting.`,
      path,
    );
  }
  return Object.entries(ARGUMENTS).flatMap(([path, flags]) =>
    flags.flatMap((flag) => [flag, String(given.get(path))]),
  );
}

/** Family of a model in the paper's code. It selects the gates and the tokenizer. */
export function officialFamily(modelType: unknown): 'llama' | 'qwen' | 'auto' {
  if (modelType === 'llama') return 'llama';
  return typeof modelType === 'string' && modelType.startsWith('qwen') ? 'qwen' : 'auto';
}
