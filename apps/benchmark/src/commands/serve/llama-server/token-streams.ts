import type {
  ControlledEvaluateInputItem,
  LlamaContext,
  LlamaContextSequence,
  LlamaModel,
  Token,
} from 'node-llama-cpp';

/** Answers several prompts at a time with one context: steps of sequences that wait together are one batch of llama.cpp. */
export class TokenStreams {
  readonly #free: LlamaContextSequence[];
  readonly #waiting: ((sequence: LlamaContextSequence) => void)[] = [];

  /** @param sequences prompts that are answered at the same time. Others wait. */
  constructor(
    readonly context: LlamaContext,
    sequences: number,
  ) {
    this.#free = Array.from({ length: sequences }, () => context.getSequence());
  }

  /** The likeliest tokens after a prompt, one after another, whatever they are. */
  async *answer(prompt: readonly number[], tokens: number): AsyncGenerator<number, void> {
    const sequence =
      this.#free.pop() ??
      (await new Promise<LlamaContextSequence>((resolve) => {
        this.#waiting.push(resolve);
      }));
    try {
      await sequence.clearHistory();
      let input = prompt as readonly Token[];
      for (let n = 0; n < tokens; n++) {
        const items: ControlledEvaluateInputItem[] = [...input];
        items.push([items.pop() as Token, { generateNext: { token: true } }]);
        const outputs = await sequence.controlledEvaluate(items);
        const token = outputs.at(-1)!.next.token!;
        yield token;
        input = [token];
      }
    } finally {
      const next = this.#waiting.shift();
      if (next) next(sequence);
      else this.#free.push(sequence);
    }
  }

  /** Growth of llama.cpp's state per token. It includes a few bytes of bookkeeping. */
  async kvCacheBytesPerToken(model: LlamaModel): Promise<number> {
    const sequence = this.#free[0]!;
    const known = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
    const read = 64;
    await sequence.clearHistory();
    const before = this.context.stateSize;
    await sequence.evaluateWithoutGeneratingNewTokens(
      Array.from({ length: read }, (_, i) => ((7 * i) % known) as Token),
    );
    const bytes = (this.context.stateSize - before) / read;
    await sequence.clearHistory();
    return bytes;
  }
}
