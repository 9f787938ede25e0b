import type { Load } from '../serving.js';

export const RUNTIME_NAMES = ['llama.cpp', 'vllm'] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** A program that serves a model at a port of this machine. */
export interface ServerCommand {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A runtime that is there. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Its release and what answers the requests, for a reader of the table. */
  readonly description: string;
  /** Writes a model in the form that the runtime reads, if it has another, and returns its path. */
  prepare(model: string, scratch: string, name: string): Promise<string>;
  /**
   * How a prepared model is served with an OpenAI endpoint, which answers at `/health` when it is ready.
   *
   * @param scratch folder for what the runtime keeps from one server to the next.
   */
  command(model: string, port: number, load: Load, scratch: string): Promise<ServerCommand>;
  /** Bytes of KV cache that each token needs, asked of a server that has answered requests. */
  kvCacheBytesPerToken(server: string): Promise<number>;
}

/** A runtime, or why it is left out. */
export type FoundRuntime = Runtime | { readonly name: RuntimeName; readonly absent: string };
