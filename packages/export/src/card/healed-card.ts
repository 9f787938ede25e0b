import { writeFrontMatter } from './front-matter.js';
import { usedHealSettings } from './heal-settings.js';
import { baseName, cell } from './text.js';
import { withoutFolders } from './without-folders.js';

/** The part of a healing's record that a model card shows. */
export interface CardHealing {
  readonly pruned: string;
  readonly teacher: string;
  readonly settings: Readonly<Record<string, unknown>> & {
    readonly batch: number;
    readonly length: number;
    readonly teacherShare: number;
  };
  readonly data: { readonly training: { readonly description: string; readonly fingerprint: string } };
  readonly steps: readonly { readonly nll: number; readonly kl?: number }[];
  readonly curve: readonly { readonly step: number; readonly perplexity: number }[];
  readonly bestStep?: number;
  readonly perplexity: Readonly<Record<'pruned' | 'healed', Readonly<Record<string, number>>>>;
}

/** Points of the curve that a card shows. */
const POINTS = 12;

/**
 * The card of a healed model: that of the pruned one, with a section that shows the curve.
 *
 * @param card README.md of the pruned model. Undefined: a model that was pruned elsewhere and has none.
 */
export function healedCard(card: string | undefined, record: CardHealing): string {
  const section = healing(
    record,
    card === undefined ? '' : ' The tables above are of the model before that.',
  );
  if (card === undefined) {
    const front = writeFrontMatter({
      library_name: 'transformers',
      pipeline_tag: 'text-generation',
      tags: ['pruned', 'grasp'],
    });
    return `${front}\n\n# ${baseName(record.pruned)}, healed\n\n${section}\n`;
  }
  const before = /\n## Limits\n/.exec(card)?.index;
  return before === undefined
    ? `${card.trimEnd()}\n\n${section}\n`
    : `${card.slice(0, before).trimEnd()}\n\n${section}\n${card.slice(before)}`;
}

/** @param tables a sentence on the tables above, if there are any */
function healing(
  { teacher, settings, data, steps, curve, bestStep, perplexity }: CardHealing,
  tables: string,
): string {
  const tokens = (step: number) => (step * settings.batch * settings.length).toLocaleString('en-US');
  const texts = Object.keys(perplexity.healed);
  const taught = `${Math.round(100 * settings.teacherShare)}% the predictions of ${baseName(teacher)}`;
  const measured =
    texts.length === 0
      ? ''
      : `| perplexity | before | after |
| --- | --- | --- |
${texts
  .map(
    (text) =>
      `| ${text} | ${perplexity.pruned[text]?.toFixed(2) ?? ''} | ${perplexity.healed[text]!.toFixed(2)} |`,
  )
  .join('\n')}

`;
  const points =
    curve.length === 0
      ? ''
      : `| tokens | perplexity on held-out text |
| --- | --- |
${thinned(curve)
  .map(({ step, perplexity: value }) => `| ${tokens(step)} | ${value.toFixed(2)} |`)
  .join('\n')}

`;
  const what =
    settings.train === 'lora'
      ? `LoRA of rank ${settings.rank} on all matrices was trained, and merged into them,`
      : 'all weights were trained';
  return `## Healing

After it was pruned, ${what} on ${tokens(steps.length)} tokens. The loss was ${taught} and the rest the next token.${tables}${
    bestStep === undefined
      ? ''
      : ` The weights after ${tokens(bestStep)} tokens are kept, which have the lowest perplexity on held-out text.`
  }

${measured}${points}Text: ${cell(withoutFolders(data.training.description))}, fingerprint \`${data.training.fingerprint.slice(0, 16)}\`.

Settings: ${usedHealSettings(settings)
    .map(([name, value]) => `\`${name}\` ${cell(String(value))}`)
    .join(', ')}.`;
}

/** At most {@link POINTS} points of a curve, the ends included. */
function thinned<Point>(curve: readonly Point[]): Point[] {
  const every = Math.max(1, Math.ceil((curve.length - 1) / (POINTS - 1)));
  return curve.filter((_, i) => i % every === 0 || i === curve.length - 1);
}
