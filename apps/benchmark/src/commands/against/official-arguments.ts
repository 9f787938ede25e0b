import { type PruneSettings, parseSettings, settingEntries } from '@grasp/prune';
import { BenchOptionError } from '../reproduce/bench-error.js';

/** Arguments of the paper's `train.py`, by the path of our setting. Stages that ours shares have one each. */
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
 * The settings as arguments of `train.py`.
 *
 * @throws BenchOptionError for a setting that the paper's code has not, or has fixed: its seed is 42.
 */
export function officialArguments(settings: PruneSettings): string[] {
  const fixed = new Map(settingEntries(parseSettings({ projection: { rule: settings.projection.rule } })));
  const given = new Map(settingEntries(settings));
  for (const [path, value] of given) {
    if (path in ARGUMENTS || value === fixed.get(path)) continue;
    throw new BenchOptionError(
      `The paper's code cannot be told ${path} ${JSON.stringify(value)}: leave it out.`,
      path,
    );
  }
  return Object.entries(ARGUMENTS).flatMap(([path, flags]) =>
    flags.flatMap((flag) => [flag, String(given.get(path))]),
  );
}

/** The clone's name of the model's family: it picks the gates, and which tokenizer is loaded. */
export function officialFamily(modelType: unknown): 'llama' | 'qwen' | 'auto' {
  if (modelType === 'llama') return 'llama';
  return typeof modelType === 'string' && modelType.startsWith('qwen') ? 'qwen' : 'auto';
}
