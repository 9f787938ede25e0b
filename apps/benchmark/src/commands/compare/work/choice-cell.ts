import * as z from 'zod';
import type { CellKey, CellStore } from '../../../shared/cells/cell-store.js';
import { type Cost, costSchema } from './cost.js';

/** A chosen mask. The cost is absent if the choice was interrupted and resumed. */
export interface Choice {
  /** 1 for each kept unit, in layout order. */
  readonly mask: Uint8Array;
  readonly cost?: Cost | undefined;
}

export type ChoiceCell = CellKey;

const schema = z.object({ mask: z.string().regex(/^[01]+$/), cost: costSchema.optional() });

/** The cell of a mask. */
export const choiceCell = (name: string, inputs: unknown): ChoiceCell => ({
  name: `${name}-mask`,
  inputs,
  isComplete: (value) => schema.safeParse(value).success,
});

/** The stored choice of a mask, if it is finished. */
export async function readChoice(store: CellStore, cell: ChoiceCell): Promise<Choice | undefined> {
  const stored = await store.read(cell);
  if (!stored) return undefined;
  const { mask, cost } = schema.parse(stored.value);
  return { mask: Uint8Array.from(mask, Number), cost };
}

/** The value that {@link readChoice} reads. */
export const storedChoice = ({ mask, cost }: Choice): unknown => ({
  mask: mask.join(''),
  ...(cost ? { cost } : {}),
});
