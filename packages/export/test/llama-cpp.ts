import { getLlama, type LlamaContextSequence, LlamaLogLevel, type Token } from 'node-llama-cpp';

/** A model in stock llama.cpp, as prebuilt for npm, on the CPU and with a KV cache in float32. */
export interface LlamaCppModel {
  /** Logits of every position, `[T, V]`. */
  logits(ids: ArrayLike<number>, vocabulary: number): Promise<Float32Array>;
  /** Negative log-likelihood of each token given those before it, `[T − 1]`. */
  negLogLikelihood(ids: ArrayLike<number>): Promise<Float32Array>;
  /** The likeliest tokens after a prompt. */
  greedy(ids: ArrayLike<number>, count: number): Promise<number[]>;
  tokenize(text: string): number[];
  dispose(): Promise<void>;
}

/** Started once: the library tries itself out in a process of its own. */
let started: ReturnType<typeof getLlama> | undefined;

export async function loadInLlamaCpp(
  file: string,
  { contextSize = 64, threads = 2 } = {},
): Promise<LlamaCppModel> {
  started ??= getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  const llama = await started;
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize,
    batchSize: contextSize,
    threads,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence: LlamaContextSequence = context.getSequence();
  return {
    async logits(ids, vocabulary) {
      await sequence.clearHistory();
      const out = await sequence.controlledEvaluate(
        Array.from(ids, (id) => [id as Token, { generateNext: { logits: true } }]),
      );
      const logits = new Float32Array(ids.length * vocabulary);
      out.forEach((position, t) => {
        for (const [id, logit] of position!.next.logits!) logits[t * vocabulary + id] = logit;
      });
      return logits;
    },
    async negLogLikelihood(ids) {
      await sequence.clearHistory();
      const out = await sequence.controlledEvaluate(
        Array.from(ids, (id, t): [Token, object] | Token => {
          const next = ids[t + 1] as Token | undefined;
          if (next === undefined) return id as Token;
          const logits = { filter: { tokens: [next], includeTop: 1 } };
          return [id as Token, { generateNext: { logits, totalLogitWeight: true } }];
        }),
      );
      return Float32Array.from({ length: ids.length - 1 }, (_, t) => {
        const { logits, totalLogitWeight } = out[t]!.next;
        const largest = Math.max(...logits!.values());
        return Math.log(totalLogitWeight!) + largest - logits!.get(ids[t + 1] as Token)!;
      });
    },
    async greedy(ids, count) {
      await sequence.clearHistory();
      const out: number[] = [];
      for await (const id of sequence.evaluate(Array.from(ids) as Token[], { temperature: 0 })) {
        out.push(id);
        if (out.length === count) break;
      }
      return out;
    },
    tokenize: (text) => model.tokenize(text, false),
    async dispose() {
      await context.dispose();
      await model.dispose();
    },
  };
}

/** Ids of texts, without BOS, in a file whose tokenizer alone is loaded. */
export async function tokenizeInLlamaCpp(file: string, texts: readonly string[]): Promise<number[][]> {
  started ??= getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  const model = await (await started).loadModel({ modelPath: file, gpuLayers: 0, vocabOnly: true });
  try {
    return texts.map((text) => model.tokenize(text, false));
  } finally {
    await model.dispose();
  }
}
