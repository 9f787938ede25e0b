import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import { perplexity } from '@grasp/eval';
import type { Engine } from './engine.js';
import type { PruneEvent, Subject } from './events.js';
import { loadOn } from './load.js';

/** Text to measure perplexity on. */
export interface EvaluationText {
  /** What a table calls it. */
  readonly name: string;
  readonly windows: TokenBlocks;
}

/**
 * Perplexity of a checkpoint on each text, in float32 whatever the gates were learned in.
 *
 * @returns by name of the text; empty where there is none, and then nothing is loaded.
 */
export async function* measure(
  checkpoint: Checkpoint,
  subject: Subject,
  texts: readonly EvaluationText[],
  engine: Engine,
): AsyncGenerator<PruneEvent, Record<string, number>, undefined> {
  const results: Record<string, number> = {};
  if (texts.length === 0) return results;
  const decoder = yield* loadOn(checkpoint, engine);
  try {
    for (const { name, windows } of texts) {
      for await (const record of perplexity(decoder, windows)) {
        results[name] = record.perplexity;
        yield {
          stage: 'perplexity',
          subject,
          text: name,
          window: record.window + 1,
          windows: record.windows,
          tokens: windows.shape[1],
          perplexity: record.perplexity,
        };
      }
    }
    return results;
  } finally {
    decoder.dispose();
  }
}
