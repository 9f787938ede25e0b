import { describe, expect, it } from 'vitest';
import { tokenizerRoles } from '../index.js';

const checkpoint = (files: Readonly<Record<string, string>>, config = {}) => ({
  source: 'model',
  config,
  files: Object.entries(files).map(([name, text]) => ({
    name,
    read: async () => new TextEncoder().encode(text),
  })),
});
const withConfig = (config: object) => checkpoint({ 'tokenizer_config.json': JSON.stringify(config) });

describe('tokenizerRoles', () => {
  it('is empty where no file says anything', async () => {
    expect(await tokenizerRoles(checkpoint({}))).toEqual({ special: {}, ends: [] });
  });

  it('reads special tokens as texts or as objects', async () => {
    const { special } = await tokenizerRoles(
      withConfig({ bos_token: '<s>', eos_token: { content: '</s>' } }),
    );
    expect(special).toEqual({ bos: '<s>', eos: '</s>' });
  });

  it('reads special_tokens_map.json, which comes first unless there is an added_tokens_decoder', async () => {
    const rolesOf = async (config: object) => {
      const files = {
        'tokenizer_config.json': JSON.stringify(config),
        'special_tokens_map.json': '{"eos_token": "<map>", "pad_token": {"content": "<pad>"}}',
      };
      return (await tokenizerRoles(checkpoint(files))).special;
    };
    expect(await rolesOf({ eos_token: '<config>' })).toEqual({ eos: '<map>', pad: '<pad>' });
    expect(await rolesOf({ eos_token: '<config>', pad_token: null, added_tokens_decoder: {} })).toEqual({
      eos: '<config>',
    });
  });

  it('takes an id that is no id for none', async () => {
    const generation = { 'generation_config.json': '{"eos_token_id": [-1, 2, 1.5, null]}' };
    expect((await tokenizerRoles(checkpoint(generation, { eos_token_id: -1 }))).ends).toEqual([2]);
  });

  it('collects every token that may end a reply', async () => {
    const generation = { 'generation_config.json': '{"eos_token_id": [2, 7]}' };
    expect((await tokenizerRoles(checkpoint(generation, { eos_token_id: 9 }))).ends).toEqual([2, 7, 9]);
  });

  it('prefers chat_template.jinja, then the template named default', async () => {
    const named = [
      { name: 'tool_use', template: 'a' },
      { name: 'default', template: 'b' },
    ];
    expect((await tokenizerRoles(withConfig({ chat_template: named }))).chatTemplate).toBe('b');
    const both = { 'tokenizer_config.json': '{"chat_template": "old"}', 'chat_template.jinja': 'new' };
    expect((await tokenizerRoles(checkpoint(both))).chatTemplate).toBe('new');
  });

  it('refuses a file that is not JSON', async () => {
    await expect(tokenizerRoles(checkpoint({ 'generation_config.json': '{' }))).rejects.toMatchObject({
      code: 'GRASP_CHECKPOINT_FORMAT',
      message: expect.stringContaining('generation_config.json'),
    });
  });
});
