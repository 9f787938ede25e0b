import { maskCost } from '@grasp/budget';
import {
  type BudgetName,
  choiceSettings,
  forecast,
  forecastSeconds,
  matMulRates,
  memoryOf,
  type PruneSettings,
  projectionOf,
} from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { formatBytes, formatSeconds, formatShare } from '../../shared/format.js';
import type { OpenModel } from '../../shared/model.js';
import { readTexts } from '../../shared/run/read-texts.js';
import type { Terminal } from '../../shared/terminal.js';
import { showShorterWindows } from '../../shared/texts.js';
import type { Sweep } from './points.js';

/** A part of a sweep before it runs: the learning of scores, or a point. */
interface PlannedPart {
  readonly name: string;
  readonly budget: PruneSettings['budget'][BudgetName];
  /** Share of the prunable parameters that is kept. */
  readonly share: number;
  /** On a processor, without perplexity. */
  readonly seconds: number | undefined;
  readonly bytes: number | undefined;
}

/** Prints the points of a sweep, and the time and memory of each, without learning anything. */
export async function dryRun(
  { budget, points, learning, options }: Sweep,
  model: OpenModel,
  { json, quiet }: { readonly json?: true | undefined; readonly quiet?: true | undefined },
  terminal: Terminal,
): Promise<void> {
  const { checkpoint, config } = model;
  const shareOf = (settings: PruneSettings): number => {
    const { layout, project } = projectionOf(checkpoint, settings); // refuses a budget below the floor
    return maskCost(layout, project(new Float32Array(layout.size))) / layout.totalCost;
  };
  const parts = [
    { name: `learning at ${learning.name}`, settings: choiceSettings(learning.settings) },
    ...points.map(({ name, settings }) => ({ name, settings: { ...settings, choice: 'given' as const } })),
  ].map((part) => ({ ...part, share: shareOf(part.settings) }));
  showShorterWindows(options, config, terminal);
  const { sizes, gateBlocks } = await readTexts(options, model, terminal);
  const engine = await openEngineFor(terminal, { ...options, quiet });
  const rates = engine.elsewhere
    ? undefined // the forecast of time covers processors only
    : await matMulRates(engine, config, learning.settings.engine.dtype);
  const planned = parts.map(({ name, settings, share }): PlannedPart => {
    const run = forecast(config, settings, sizes, share);
    const seconds = rates && forecastSeconds(run, rates);
    return { name, budget: settings.budget[budget], share, seconds, bytes: memoryOf(run, engine)?.needed };
  });
  const { source } = checkpoint;
  if (json) return terminal.print(JSON.stringify({ model: source, parts: planned }, null, 2));
  const width = Math.max(...planned.map(({ name }) => name.length));
  for (const line of [
    `model  ${source}`,
    `text   ${gateBlocks.description}`,
    ...planned.map((part) => `${part.name.padEnd(width)}  ${amountsOf(part)}`),
    ...(rates
      ? [
          `all together about ${formatSeconds(sum(planned.map(({ seconds = 0 }) => seconds)))}, without perplexity`,
        ]
      : []),
  ])
    terminal.print(line);
}

const amountsOf = ({ share, seconds, bytes }: PlannedPart): string =>
  [
    `${formatShare(share)} of the prunable parameters`,
    ...(seconds === undefined ? [] : [`about ${formatSeconds(seconds)}`]),
    ...(bytes === undefined ? [] : [`about ${formatBytes(bytes)}`]),
  ].join(', ');

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
