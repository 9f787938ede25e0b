import { parseSettings } from '@grasp/prune';
import { formatItems } from '@grasp/report/format';
import type { CompareOptions } from '../compare.js';
import type { WorkContext } from '../work/work-context.js';

/** What is the same for all runs, one line each, for people. */
export function conditionsOf(
  works: readonly WorkContext[],
  { settings, seeds, calib, windows, limit, tasks }: CompareOptions,
): string[] {
  const { text, engine } = parseSettings(settings);
  const [work] = works;
  const blocks = work?.plan.masks[0]?.blocks.shape[0] ?? text.blocks;
  const drawn = seeds.length > 1 ? 'other blocks for each seed' : `drawn by seed ${seeds[0]}`;
  const measured = [...(work?.plan.evaluation.texts ?? [])].map(
    ([name, { shape }]) => `${name} (${formatItems(shape[0], 'window')} of ${shape[1]} tokens)`,
  );
  return [
    `Calibration: ${formatItems(blocks, 'block')} of ${text.length} tokens of ${calib.name}, ${drawn}, the same for all methods and recoveries`,
    `Measured: ${measured.join(', ')}${windows === undefined ? '' : ', the first ones'}`,
    ...(tasks.length > 0
      ? [
          `Accuracy: mean of ${tasks.join(', ')}${limit === undefined ? '' : `, the first ${limit === 1 ? 'item' : formatItems(limit, 'item')} each`}`,
        ]
      : []),
    `Weights while choosing and recovering: ${engine.dtype}; measured in float32`,
    `Settings: ${JSON.stringify(settings)}; all others are the defaults of each method`,
    `Seeds: ${seeds.join(', ')}`,
  ];
}
