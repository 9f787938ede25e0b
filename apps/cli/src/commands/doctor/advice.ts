/** What `grasp doctor` found out about a machine. */
export interface Findings {
  readonly cores: number;
  readonly memoryBytes: number;
  /** Of this process's limit, what is still free. */
  readonly freeBytes: number;
  readonly gpus: readonly string[];
  readonly tensorFlow:
    | {
        readonly description: string;
        readonly build: 'cpu' | 'gpu';
        readonly library: string;
        readonly bfloat16: 'native' | 'emulated';
      }
    /** Why it cannot start, and what to do. */
    | { readonly failure: string };
  /** Operations a second in matrix products. */
  readonly rates: { readonly float32: number; readonly bfloat16?: number | undefined };
}

/** Free memory below which even the demo's model is tight. */
const LITTLE_MEMORY = 3 * 2 ** 30;
/** Gain from which half precision is worth its rounding. */
const WORTHWHILE = 1.2;

/** What would make work on this machine faster or possible, the most important first. */
export function advice({ cores, freeBytes, gpus, tensorFlow, rates }: Findings): string[] {
  const lines: string[] = [];
  if ('failure' in tensorFlow)
    lines.push(`TensorFlow cannot start; WASM serves, many times slower. ${tensorFlow.failure}`);
  else if (gpus.length > 0 && tensorFlow.build === 'cpu') {
    lines.push(`TensorFlow runs on the processor, though there is a GPU: ${gpus.join(', ')}.`);
  }
  const gain = (rates.bfloat16 ?? 0) / rates.float32;
  if (gain >= WORTHWHILE) {
    lines.push(
      `--dtype bfloat16: matrix products are ${gain.toFixed(1)} times as fast here, and weights take half the memory.`,
    );
  }
  if (freeBytes < LITTLE_MEMORY)
    lines.push('Little memory is free: a model of 135M parameters needs about 2 GiB.');
  if (cores === 1) lines.push('One core: learning scales with cores.');
  return lines;
}
