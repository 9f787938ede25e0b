import { type TokenizerRoles, tokenizerRoles } from '@grasp/checkpoint';
import type { Decoder } from '@grasp/decoder';
import { Random } from '@grasp/gates';
import { type ChatPrompt, chatPrompt, type Tokenizer } from '@grasp/tokenizer';
import { continueTokens, endTokens } from '../../shared/generation/continue-tokens.js';
import { type Sampling, sampleToken } from '../../shared/generation/sample-token.js';
import { streamText } from '../../shared/generation/stream-text.js';
import type { OpenModel } from '../../shared/model.js';
import { Conversation } from './conversation.js';

export interface TalkOptions extends Sampling {
  readonly maxTokens: number;
  readonly seed: number;
  readonly system?: string | undefined;
}

/** Text without the control characters that a terminal could interpret. */
export const printable = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, '');

/** Length and time of a reply. */
export interface Pace {
  readonly tokens: number;
  readonly seconds: number;
}

/** How a model talks. Known before its weights are read. */
export interface Speech {
  readonly tokenizer: Tokenizer;
  readonly roles: TokenizerRoles;
  /** Undefined if the model has no chat template. */
  readonly prompt: ChatPrompt | undefined;
}

export async function speechOf({ checkpoint, tokenizer }: OpenModel): Promise<Speech> {
  const roles = await tokenizerRoles(checkpoint);
  return { tokenizer, roles, prompt: chatPrompt(roles) };
}

/** A model that replies to messages. */
export interface Talker {
  /** Replies to a message, part by part, until the reply ends or `signal` is aborted. */
  reply(text: string, signal: AbortSignal): AsyncGenerator<string, Pace>;
}

/** Most tokens of a reply: half of the context at least is for what was said. */
export const longestReply = (maxTokens: number, contextLength: number): number =>
  Math.min(maxTokens, Math.ceil(contextLength / 2));

export function talker(decoder: Decoder, { tokenizer, roles, prompt }: Speech, options: TalkOptions): Talker {
  const conversation = new Conversation(tokenizer, prompt, options.system);
  const stop = endTokens(roles, tokenizer);
  const random = new Random(options.seed);
  const choose = (logits: Float32Array) => sampleToken(logits, options, random.next() / 2 ** 32);
  const maxTokens = longestReply(options.maxTokens, decoder.contextLength);

  return {
    async *reply(text, signal) {
      const start = performance.now();
      const ids = await conversation
        .ask(text, decoder.contextLength - maxTokens, signal)
        .catch((error: unknown) => {
          if (signal.aborted) return undefined;
          throw error;
        });
      if (!ids) return { tokens: 0, seconds: (performance.now() - start) / 1000 };
      let tokens = 0;
      const generated = (async function* () {
        for await (const id of continueTokens(decoder.under(), ids, { maxTokens, stop, choose }, signal)) {
          tokens++;
          yield id;
        }
      })();
      let reply = '';
      for await (const part of streamText(generated, tokenizer)) {
        reply += part;
        yield printable(part);
      }
      conversation.answered(reply);
      return { tokens, seconds: (performance.now() - start) / 1000 };
    },
  };
}
