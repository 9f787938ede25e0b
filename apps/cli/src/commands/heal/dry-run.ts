import { describeModel } from '@grasp/decoder';
import type { HealSettings } from '@grasp/prune';
import { formatParameters } from '../../shared/format.js';
import { forecastHealing, healingLine, likelyHealSettings } from '../../shared/heal/heal-forecast.js';
import type { HealingOptions } from '../../shared/heal/heal-model.js';
import { withHealModels } from '../../shared/heal/heal-models.js';
import { readHealTexts } from '../../shared/heal/read-heal-texts.js';
import type { OpenModel } from '../../shared/model.js';
import type { Terminal } from '../../shared/terminal.js';
import { showShorterWindows, showTextWarnings } from '../../shared/texts.js';

/** Prints what a healing would do, and its time and memory, without running it. Predictions on disk are not counted. */
export async function dryRun(
  path: string,
  { texts: given, onSettings, ...options }: Omit<HealingOptions, 'out'>,
  { json, quiet }: { readonly json?: true; readonly quiet?: true },
  terminal: Terminal,
): Promise<void> {
  const paths = { pruned: path, teacher: options.teacher };
  await withHealModels(paths, { terminal, quiet, threads: options.threads }, async ({ pruned, teacher }) => {
    const { texts } = await readHealTexts(given, options.settings, pruned, terminal);
    showTextWarnings([texts.training], terminal);
    showShorterWindows(given, pruned.config, terminal);
    const engine = await options.openEngine();
    const configs = { pruned: pruned.config, teacher: teacher.config };
    const settings: HealSettings = likelyHealSettings(configs, options, engine);
    onSettings?.(settings);
    const healing = await forecastHealing({ configs, settings }, engine);
    const { description } = engine;
    if (json) {
      const models = { model: pruned.checkpoint.source, teacher: teacher.checkpoint.source };
      return terminal.print(JSON.stringify({ ...models, ...healing, engine: description }, null, 2));
    }
    for (const line of [
      `model     ${sizeOf(pruned)}`,
      `teacher   ${sizeOf(teacher)}`,
      `text      ${texts.training.description}`,
      ...(texts.heldOut ? [`held out  ${texts.heldOut.description}`] : []),
      `engine    ${description}`,
      healingLine(healing),
    ])
      terminal.print(line);
  });
}

function sizeOf({ checkpoint }: OpenModel): string {
  const { source, parameters } = describeModel(checkpoint);
  return `${source}: ${formatParameters(parameters.total)} parameters`;
}
