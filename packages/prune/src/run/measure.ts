import type { TokenBlocks } from '@grasp/calib-data';
import type { Checkpoint } from '@grasp/checkpoint';
import { perplexity } from '@grasp/eval';
import { loadOn } from '../engine/load.js';
import type { Engine } from '../engine/open-engine.js';
import { SettingsError } from '../settings/settings-error.js';
import type { PruneEvent } from './events.js';

/** A text on which perplexity is measured. */
export interface EvaluationText {
  /** Name of the text in tables. */
  readonly name: string;
  readonly windows: TokenBlocks;
}

/** Results are by name, so two texts of one name would share a number. */
function refuseSameNames(texts: readonly EvaluationText[]): void {
  const known = new Map<string, string>();
  for (const { name, windows } of texts) {
    const other = known.get(name) ?? windows.fingerprint;
    if (other !== windows.fingerprint) {
      throw new SettingsError(`Two evaluation texts have the name "${name}". Give each a name of its own.`, [
        'eval',
      ]);
    }
    known.set(name, windows.fingerprint);
  }
}

/**
 * Measures the perplexity of a checkpoint on each text, always in float32.
 *
 * @param subject what is measured, for the events
 * @returns perplexities by name of the text. Without texts, the result is empty and the model is not loaded.
 */
export async function* measure(
  checkpoint: Checkpoint,
  subject: string,
  texts: readonly EvaluationText[],
  engine: Engine,
): AsyncGenerator<PruneEvent, Record<string, number>, undefined> {
  const results: Record<string, number> = {};
  if (texts.length === 0) return results;
  refuseSameNames(texts);
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
