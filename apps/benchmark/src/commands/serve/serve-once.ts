import { type ControlledEvaluateInputItem, getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';

export interface ServeOptions {
  /** Tokens in the prompt. They are read at once. */
  readonly prompt: number;
  /** Tokens generated after the prompt, one at a time. */
  readonly tokens: number;
  readonly threads: number;
}

/** Measurements of one model in one process. */
export interface Serving {
  /** Time from opening the file to a context that can read tokens. The file is in the system's cache. */
  readonly loadSeconds: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Growth of resident memory: weights, KV cache, buffers. */
  readonly residentBytes: number;
  /** Growth of llama.cpp's state per token of the prompt. */
  readonly kvCacheBytesPerToken: number;
}

/** Tokens read before timing, so that the memory-mapped weights are in memory. */
const WARM_UP = 32;

/**
 * Serves a GGUF file once with stock llama.cpp on the CPU, otherwise with the library's defaults. Call it once per process,
 * because memory of an earlier model would be counted.
 */
export async function serveOnce(file: string, { prompt, tokens, threads }: ServeOptions): Promise<Serving> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    maxThreads: threads,
    logLevel: LlamaLogLevel.error,
  });
  const before = process.memoryUsage.rss();
  const loading = stopwatch();
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  const contextSize = Math.max(prompt, WARM_UP) + tokens;
  const context = await model.createContext({ contextSize, threads });
  const loadSeconds = loading();

  const sequence = context.getSequence();
  const known = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  // The time does not depend on the tokens.
  const ids = Array.from({ length: Math.max(prompt, WARM_UP) }, (_, i) => ((7 * i) % known) as Token);
  const read = (count: number) => sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, count));
  /** Reads one token and returns the likeliest next one, which includes the head. */
  const next = async (id: Token): Promise<Token> => {
    const item: ControlledEvaluateInputItem = [id, { generateNext: { token: true } }];
    const [output] = await sequence.controlledEvaluate([item]);
    return output!.next.token!;
  };

  await read(WARM_UP);
  await next(ids[0]!);
  await sequence.clearHistory();
  const stateBefore = context.stateSize;
  const reading = stopwatch();
  await read(prompt);
  const prefillSeconds = reading();
  const kvCacheBytesPerToken = (context.stateSize - stateBefore) / prompt;
  const writing = stopwatch();
  let id = ids[0]!;
  for (let n = 0; n < tokens; n++) id = await next(id);
  const decodeSeconds = writing();
  const residentBytes = process.memoryUsage.rss() - before;
  await llama.dispose();
  return {
    loadSeconds,
    prefillTokensPerSecond: prompt / prefillSeconds,
    decodeTokensPerSecond: tokens / decodeSeconds,
    residentBytes,
    kvCacheBytesPerToken,
  };
}

/** Returns a function that returns the seconds since this call. */
function stopwatch(): () => number {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}
