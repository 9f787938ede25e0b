import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';

/** The likeliest tokens after each prompt in stock llama.cpp, on the CPU and with a KV cache in float32. */
export async function tokensInLlamaCpp(
  file: string,
  prompts: readonly Int32Array[],
  { tokens, threads }: { readonly tokens: number; readonly threads: number },
): Promise<number[][]> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  try {
    const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
    const contextSize = tokens + Math.max(...prompts.map(({ length }) => length));
    const context = await model.createContext({
      contextSize,
      threads,
      flashAttention: false,
      experimentalKvCacheKeyType: 'F32',
      experimentalKvCacheValueType: 'F32',
    });
    const sequence = context.getSequence();
    const all: number[][] = [];
    for (const prompt of prompts) {
      await sequence.clearHistory();
      const ids: number[] = [];
      for await (const id of sequence.evaluate(Array.from(prompt) as Token[], { temperature: 0 })) {
        ids.push(id);
        if (ids.length === tokens) break;
      }
      all.push(ids);
    }
    return all;
  } finally {
    await llama.dispose();
  }
}
