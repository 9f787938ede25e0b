import { type ControlledEvaluateInputItem, getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';

export interface ServeOptions {
  /** Tokens read at once. */
  readonly prompt: number;
  /** Tokens written after them, one at a time. */
  readonly tokens: number;
  readonly threads: number;
}

/** What one process measured of one model. */
export interface Serving {
  /** From a file in the system's cache to a context that could read a first token. */
  readonly loadSeconds: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** What the process grew by: weights, KV cache, buffers. */
  readonly residentBytes: number;
  /** Growth of llama.cpp's state with each token of the prompt. */
  readonly kvCacheBytesPerToken: number;
}

/** Tokens that bring the weights, which are mapped from the file, into memory before anything is timed. */
const WARM_UP = 32;

/**
 * Serves a GGUF file once in stock llama.cpp, on the CPU, with the library's defaults otherwise. To be called once in
 * a process: memory that an earlier model left behind would count for the next.
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
  // Which tokens they are makes no difference to the time.
  const ids = Array.from({ length: Math.max(prompt, WARM_UP) }, (_, i) => ((7 * i) % known) as Token);
  const read = (count: number) => sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, count));
  /** One token in, the likeliest next one out, so that the head is computed. */
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

/** Starts now; tells the seconds since. */
function stopwatch(): () => number {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}
