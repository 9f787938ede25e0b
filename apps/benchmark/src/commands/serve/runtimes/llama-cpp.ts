import { fileURLToPath } from 'node:url';
import type { GgufFileType } from '@grasp/export';
import { asGguf } from '../models/as-gguf.js';
import type { FoundRuntime } from './runtime.js';
import { ServingError } from './serving-error.js';

/**
 * Stock llama.cpp as `node-llama-cpp` has it prebuilt, behind an HTTP server of this command. The library chooses the build for
 * the processor. Packages of llama.cpp's own server have no build for AVX-512 (xllamacpp) or must be compiled.
 *
 * @param type of the files, also of those that are GGUF already. Default: `f16` for folders.
 */
export async function llamaCpp(type: GgufFileType | undefined): Promise<FoundRuntime> {
  let release: string;
  let version: string;
  try {
    const { getLlama, getModuleVersion, LlamaLogLevel } = await import('node-llama-cpp');
    version = await getModuleVersion();
    const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
    release = llama.llamaCppRelease.release;
    await llama.dispose();
  } catch (error) {
    return { name: 'llama.cpp', absent: `node-llama-cpp does not start: ${(error as Error).message}` };
  }
  const script = fileURLToPath(new URL('../llama-server/llama-server-process.js', import.meta.url));
  return {
    name: 'llama.cpp',
    description: `${release} in node-llama-cpp ${version}, requests batched by it, ${type ?? 'f16 or the type of the file'}`,
    prepare: (model, scratch, name) => asGguf(model, type, scratch, name),
    command: async (model, port, load) => ({
      file: process.execPath,
      arguments: [script, model, String(port), JSON.stringify(load)],
      environment: {},
    }),
    async kvCacheBytesPerToken(server) {
      const response = await fetch(`${server}/kv-cache`);
      if (!response.ok) throw new ServingError(`The server answered ${response.status}.`);
      return ((await response.json()) as { bytesPerToken: number }).bytesPerToken;
    },
  };
}
