import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { configOf } from '@grasp/decoder';
import { lastOf, perplexity } from '@grasp/eval';
import { writeGguf } from '@grasp/export';
import type { Engine } from '@grasp/prune';
import { loadTokenizer } from '@grasp/tokenizer';
import type { NamedText } from '../../shared/data/named-text.js';
import { windowsOf } from '../../shared/data/token-blocks.js';
import { isGgufFile } from '../../shared/models/is-gguf-file.js';
import { loadModel } from '../../shared/models/load-model.js';
import { compareTokens, type TokenAgreement } from './compare-tokens.js';
import { perplexityInTransformers } from './perplexity-in-transformers.js';
import { tokensInLlamaCpp } from './tokens-in-llama-cpp.js';

export interface AgreeOptions {
  /** Text of the perplexities. Without one, only tokens are compared. */
  readonly text?: NamedText | undefined;
  readonly windows: number;
  /** Python with torch and transformers. Without one, perplexity is ours alone. */
  readonly python?: string | undefined;
  readonly prompts: readonly string[];
  /** Tokens after each prompt. */
  readonly tokens: number;
  readonly threads: number;
}

/** How one model computes in this project, in transformers and in llama.cpp. */
export interface Agreement {
  readonly model: string;
  readonly perplexity?: number;
  readonly transformers?: number;
  /** Of each prompt. */
  readonly tokens: readonly TokenAgreement[];
}

/**
 * Compares a model in three programs, in float32: perplexity with transformers, greedy tokens with llama.cpp. A folder is
 * written as a GGUF file in f16 for llama.cpp, and that file is what both read.
 */
export async function agreementOf(
  path: string,
  engine: Engine,
  options: AgreeOptions,
): Promise<Omit<Agreement, 'model'>> {
  const { text, python, threads } = options;
  const given = await openCheckpoint(path);
  const scratch = await mkdtemp(join(tmpdir(), 'grasp-agree-'));
  let checkpoint = given;
  try {
    const isFile = isGgufFile(path);
    const file = isFile ? path : join(scratch, 'model.gguf');
    if (!isFile) await writeGguf(given, file, { type: 'f16' });
    if (!isFile) checkpoint = await openCheckpoint(file);
    const tokenizer = await loadTokenizer(given);
    const windows = text && (await windowsOf(text, tokenizer, configOf(given), options.windows));
    const prompts = await Promise.all(
      options.prompts.map(async (prompt) => Int32Array.from(await tokenizer.encode(prompt))),
    );
    const theirs = await tokensInLlamaCpp(file, prompts, options);
    const tokens: TokenAgreement[] = [];
    let ours: number | undefined;
    const decoder = await loadModel(checkpoint, engine);
    try {
      for (const [at, prompt] of prompts.entries())
        tokens.push(await compareTokens(decoder, prompt, theirs[at]!));
      ours = windows && (await lastOf(perplexity(decoder, windows))).perplexity;
    } finally {
      decoder.dispose();
    }
    const transformers =
      windows && python !== undefined
        ? await perplexityInTransformers(checkpoint, windows, { python, threads })
        : undefined;
    return {
      tokens,
      ...(ours === undefined ? {} : { perplexity: ours }),
      ...(transformers === undefined ? {} : { transformers }),
    };
  } finally {
    if (checkpoint !== given) await checkpoint.close();
    await given.close();
    await rm(scratch, { recursive: true, force: true });
  }
}
