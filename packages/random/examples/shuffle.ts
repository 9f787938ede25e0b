/** Shuffle a deck with a seed: the same order on every machine. */
import { Random } from '@grasp/random';

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = new Random(seed);
  const deck = [...items];
  for (let last = deck.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [deck[last], deck[other]] = [deck[other]!, deck[last]!];
  }
  return deck;
}

export const hand = shuffled(['ace', 'king', 'queen', 'jack', 'ten'], 5); // ten, jack, king, ace, queen
