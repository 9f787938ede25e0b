import { tinyLlama } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { forOfficial } from './for-official.js';

const read = async (checkpoint: ReturnType<typeof forOfficial>, name: string) =>
  JSON.parse(new TextDecoder().decode(await checkpoint.files.find((file) => file.name === name)!.read()));

describe('a model for the paper’s code', () => {
  it('has a separate head, equal to the embedding', async () => {
    const view = forOfficial(tinyLlama());
    expect(view.config.tie_word_embeddings).toBe(false);
    const [head, embedding] = [
      view.tensors.get('lm_head.weight'),
      view.tensors.get('model.embed_tokens.weight'),
    ];
    expect(head).toEqual({ ...embedding, name: 'lm_head.weight' });
    expect((await view.read('lm_head.weight')).data).toEqual(
      (await view.read('model.embed_tokens.weight')).data,
    );
  });

  it('keeps the tokenizer config, except for the class', async () => {
    const own = {
      name: 'tokenizer_config.json',
      read: async () => new TextEncoder().encode('{"bos_token":"<s>"}'),
    };
    const model = tinyLlama();
    const view = forOfficial({ ...model, files: [...model.files, own] });
    expect(await read(view, 'tokenizer_config.json')).toEqual({
      bos_token: '<s>',
      tokenizer_class: 'PreTrainedTokenizerFast',
    });
    expect(await read(forOfficial(model), 'tokenizer_config.json')).toEqual({
      tokenizer_class: 'PreTrainedTokenizerFast',
    });
  });
});
