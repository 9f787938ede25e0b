import { HUMANEVAL_STOPS } from '@grasp/eval';
import { type CompletingModel, complete } from '../../../shared/generation/complete.js';

/** Greedy completions by the project's own decoder. A prompt that leaves no room for `maxTokens` gets what there is. */
export function ownCompletions(
  model: CompletingModel,
  maxTokens: number,
  signal: AbortSignal,
): (prompt: string) => Promise<string> {
  return async (text) => {
    const prompt = await model.tokenizer.encode(text);
    const room = Math.max(0, model.view.contextLength - prompt.length);
    const job = {
      ...{ prompt, maxTokens: Math.min(maxTokens, room), stop: HUMANEVAL_STOPS },
      ...{ temperature: 0, topP: 1, seed: 0 },
    };
    let completion = '';
    for await (const part of complete(model, job, signal)) completion += part.text;
    return completion;
  };
}
