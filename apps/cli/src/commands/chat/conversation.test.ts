import { tinyLlama } from '@grasp/testing';
import { chatPrompt, parseTokenizer } from '@grasp/tokenizer';
import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.js';

const json = new TextDecoder().decode(await tinyLlama().files[0]!.read());
const tokenizer = parseTokenizer(json, 'tiny'); // a token a character
const template = '{{ bos_token }}{% for m in messages %}[{{ m.role[0] }}]{{ m.content }}{% endfor %}[a]';
const prompt = chatPrompt({ special: { bos: '#' }, ends: [], chatTemplate: template });
const textOf = async (ids: Int32Array) => tokenizer.decode(ids);

describe('Conversation', () => {
  it('gives the model what was said by both', async () => {
    const talk = new Conversation(tokenizer, prompt, 'Be kind');
    expect(await textOf(await talk.ask('Hi', 100))).toBe('#[s]Be kind[u]Hi[a]');
    talk.answered('Yes?');
    expect(await textOf(await talk.ask('Why', 100))).toBe('#[s]Be kind[u]Hi[a]Yes?[u]Why[a]');
  });

  it('forgets the oldest turns first where there is no room', async () => {
    const talk = new Conversation(tokenizer, prompt, 'S');
    for (const text of ['one', 'two']) {
      await talk.ask(text, 100);
      talk.answered('ok');
    }
    expect(await textOf(await talk.ask('three', 30))).toBe('#[s]S[u]two[a]ok[u]three[a]');
    expect(await textOf(await talk.ask('a question of its own', 10))).toBe('its own[a]');
  });

  it('forgets a message that was interrupted before the model saw it', async () => {
    const stop = new AbortController();
    const stoppable = async (...[messages, signal]: Parameters<NonNullable<typeof prompt>>) => {
      signal?.throwIfAborted();
      return prompt!(messages);
    };
    const talk = new Conversation(tokenizer, stoppable, undefined);
    stop.abort();
    await expect(talk.ask('Hi', 100, stop.signal)).rejects.toThrow();
    expect(await textOf(await talk.ask('Why', 100))).toBe('#[u]Why[a]');
  });

  it('continues text unchanged if there is no template', async () => {
    const talk = new Conversation(tokenizer, undefined, undefined);
    await talk.ask('Once', 100);
    talk.answered(' upon');
    expect(await textOf(await talk.ask('A time', 100))).toBe('A time');
  });
});
