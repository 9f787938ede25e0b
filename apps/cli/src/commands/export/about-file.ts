import type { DecoderConfig } from '@grasp/decoder';
import type { GgufFileType, GgufSummary } from '@grasp/export';
import { formatShare } from '../../shared/format.js';

/** Widths that a line names. */
const NAMED = 6;

/**
 * Lines about what a GGUF file holds beside the model, in other types than asked for, and not at all. Empty if there is
 * nothing.
 */
export function aboutFile(
  summary: GgufSummary,
  type: GgufFileType,
  decoder: Pick<DecoderConfig, 'contextLength'>,
): string[] {
  const lines = [paddingLine(summary), typesLine(summary, type), contextLine(summary, decoder)];
  return lines.filter((line) => line !== undefined);
}

function contextLine(
  { contextLength }: GgufSummary,
  { contextLength: whole }: Pick<DecoderConfig, 'contextLength'>,
): string | undefined {
  if (contextLength === whole) return undefined;
  return `Context: ${contextLength} of ${whole} tokens, the window of the model: llama.cpp has no windows for its architecture.`;
}

function paddingLine({
  paddedShare,
  paddedWidths,
  widthMultiple,
  levelled,
}: GgufSummary): string | undefined {
  if (paddedShare === 0) return undefined;
  const share = paddedShare < 0.001 ? 'less than 0.1%' : formatShare(paddedShare);
  const start = `Padding: ${share} of the elements are zeros.`;
  if (levelled) {
    return (
      `${start} llama.cpp has one width for all layers of this model, so all are padded to the widest. ` +
      'Prune with --layout uniform to avoid it.'
    );
  }
  const widths = paddedWidths.filter((width) => width > 0);
  if (widths.length === 0) return start; // of parts that are gone
  const more = widths.length > NAMED ? `, and ${widths.length - NAMED} more` : '';
  return (
    `${start} FFN widths are rounded up to multiples of ${widthMultiple}: ${widths.slice(0, NAMED).join(', ')}${more}. ` +
    `Prune with --align ${widthMultiple} to avoid it.`
  );
}

function typesLine({ matrices }: GgufSummary, type: GgufFileType): string | undefined {
  const asked = type.toUpperCase().replace(/_M$/, '');
  const counts = Object.entries(matrices);
  const others = counts.filter(([stored]) => stored !== asked);
  if (others.length === 0) return undefined;
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const isKQuant = asked.endsWith('_K');
  const noSuperBlocks = 'rows that are no whole blocks of 256';
  const why: Readonly<Record<string, string>> = {
    F16: 'rows that are no whole blocks of 32',
    Q8_0: isKQuant ? noSuperBlocks : 'the head',
    Q6_K: 'the head, and the value and down projections of some layers',
    Q5_K: 'value projections',
    ...{ Q5_1: noSuperBlocks, Q5_0: noSuperBlocks },
  };
  const list = others.map(([stored, count]) => `${count} as ${stored} (${why[stored] ?? 'as it was'})`);
  return `Types: ${total - others.reduce((sum, [, count]) => sum + count, 0)} of ${total} matrices are ${asked}; ${list.join(', ')}.`;
}
