import { setImmediate } from 'node:timers/promises';
import { tokenizerRoles } from '@grasp/checkpoint';
import type { Decoder } from '@grasp/decoder';
import { Random } from '@grasp/gates';
import { chatPrompt } from '@grasp/tokenizer';
import type { OpenModel } from '../../shared/model.js';
import { Conversation } from './conversation.js';
import { type Sampling, sampleToken } from './sample-token.js';
import { streamText } from './stream-text.js';

export interface TalkOptions extends Sampling {
  readonly maxTokens: number;
  readonly seed: number;
  readonly system?: string | undefined;
}

/** Length and time of a reply. */
export interface Pace {
  readonly tokens: number;
  readonly seconds: number;
}

/** A model that replies to messages. */
export interface Talker {
  readonly hasTemplate: boolean;
  /** Replies to a message, part by part, until the reply ends or `signal` is aborted. */
  reply(text: string, signal: AbortSignal): AsyncGenerator<string, Pace>;
}

export async function talker(
  decoder: Decoder,
  { checkpoint, tokenizer }: OpenModel,
  options: TalkOptions,
): Promise<Talker> {
  const roles = await tokenizerRoles(checkpoint);
  const prompt = chatPrompt(roles);
  const conversation = new Conversation(tokenizer, prompt, options.system);
  const end = roles.special.eos === undefined ? undefined : tokenizer.tokenId(roles.special.eos);
  const stop = [...roles.ends, ...(end === undefined ? [] : [end])];
  const random = new Random(options.seed);
  const choose = (logits: Float32Array) => sampleToken(logits, options, random.next() / 2 ** 32);
  const maxTokens = Math.min(options.maxTokens, Math.ceil(decoder.contextLength / 2));

  return {
    hasTemplate: prompt !== undefined,
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
        for await (const id of decoder.under().generate(ids, { maxTokens, stop, choose })) {
          tokens++;
          yield id;
          await setImmediate(); // let signals run
          if (signal.aborted) return;
        }
      })();
      let reply = '';
      for await (const part of streamText(generated, tokenizer)) {
        reply += part;
        yield part;
      }
      conversation.answered(reply);
      return { tokens, seconds: (performance.now() - start) / 1000 };
    },
  };
}
