import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import { characterTokenizer as tokenizer } from '../../test/character-tokenizer.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { mixTexts, type TokenBlocksOptions, textFile, textRows, tokenBlocks } from '../index.js';

const chatTemplate =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}$\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
const roles = async () => ({ special: {}, ends: [], chatTemplate });

const messages = (...contents: string[]) =>
  contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }));

async function blocksOf(
  records: readonly unknown[],
  options: TokenBlocksOptions,
  { name = 'chat.jsonl', column }: { name?: string; column?: string } = {},
) {
  await using files = await temporaryFolder({
    [name]: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  });
  const source = textFile(`${files.folder}/${name}`, column === undefined ? {} : { column });
  return await tokenBlocks(source, tokenizer, { roles, ...options });
}
const textOf = (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids));
const counted = ({ ids, lossMask }: { ids: Int32Array; lossMask?: Uint8Array }) =>
  textOf(ids.filter((_, i) => lossMask?.[i] === 1));

it('renders messages, or prompt and completion, by the chat template', async () => {
  const rendered = '<user>a$\n<assistant>b$\n';
  const same = [
    { messages: messages('a', 'b') },
    { prompt: 'a', completion: 'b' },
    { prompt: messages('a'), completion: [{ role: 'assistant', content: 'b' }] },
    { prompt: 'a', completion: 'b', id: 3 },
  ];
  for (const record of same) {
    const { ids, description } = await blocksOf([record], { length: rendered.length });
    expect(textOf(ids)).toBe(rendered);
    expect(description).toContain('conversations by the chat template');
  }
  const named = await blocksOf([{ talk: messages('a', 'b') }], { length: 8 }, { column: 'talk' });
  expect(textOf(named.ids)).toBe(rendered.slice(0, 8));
});

it('reads text where there is text too', async () => {
  const { ids } = await blocksOf([{ text: 'plain', messages: messages('a') }], { length: 5 });
  expect(textOf(ids)).toBe('plain');
});

it('says that text beside conversations fills blocks of its own', async () => {
  await using files = await temporaryFolder({
    'chat.jsonl': JSON.stringify({ messages: messages('a', 'b') }),
  });
  const sources = [textRows(['x'.repeat(20)]), textFile(`${files.folder}/chat.jsonl`)];
  await expect(tokenBlocks(sources, tokenizer, { roles, length: 30 })).rejects.toThrow(
    /chat\.jsonl \(conversations in messages\), which fill blocks of their own: the text is too short: it has 43 tokens; at least 30/,
  );
});

it('reads them from Parquet', async () => {
  const bytes = parquetWriteBuffer({
    columnData: [{ name: 'messages', type: 'JSON', data: [messages('a', 'b'), messages('c', 'd')] }],
  });
  await using files = await temporaryFolder({ 'chat.parquet': new Uint8Array(bytes) });
  const source = textFile(`${files.folder}/chat.parquet`);
  const { ids } = await tokenBlocks(source, tokenizer, { roles, length: 23 });
  expect(textOf(ids)).toBe('<user>a$\n<assistant>b$\n<user>c$\n<assistant>d$\n'.slice(0, 46));
});

it('counts replies with their end tokens, of every turn, if only they count', async () => {
  const whole = await blocksOf([{ messages: messages('a', 'one', 'b', 'two') }], {
    length: 50,
    lossOn: 'replies',
  });
  expect(counted(whole)).toBe('one$two$');
  expect(whole.description).toContain('loss on replies');
});

it('fills a block with the beginning of a conversation that starts anew in the next', async () => {
  const rows = [
    { messages: messages('a', 'b') },
    { messages: messages('c', 'd') },
    { messages: messages('e', 'f') },
  ];
  const { ids } = await blocksOf(rows, { length: 30 });
  const [one, two] = ['<user>a$\n<assistant>b$\n', '<user>c$\n<assistant>d$\n'];
  expect(textOf(ids)).toBe(`${one}${two.slice(0, 7)}${two}<user>e`);
});

property.prop([
  fc.array(
    fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 12 }), {
      minLength: 2,
      maxLength: 5,
    }),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  fc.integer({ min: 30, max: 90 }),
])('every block starts with a conversation, and predicts something', async (conversations, length) => {
  const rows = conversations.map((contents) => ({ messages: messages(...contents.map((c) => c || 'a')) }));
  const blocks = await blocksOf(rows, { length, lossOn: 'replies' }).catch((error: unknown) => {
    expect(error).toMatchObject({ code: expect.stringMatching('GRASP_DATA_(TOO_SHORT|CONVERSATION)') });
    return undefined;
  });
  for (let row = 0; row < (blocks?.shape[0] ?? 0); row++) {
    const range = [row * length, (row + 1) * length] as const;
    expect(textOf(blocks!.ids.subarray(...range))).toMatch(/^<user>/);
    expect(blocks!.lossMask!.subarray(range[0] + 1, range[1])).toContain(1);
  }
});

it('has another fingerprint if other tokens count, and keeps what counts through a mix', async () => {
  const rows = [{ messages: messages('a', 'b') }];
  const all = await blocksOf(rows, { length: 23 });
  const replies = await blocksOf(rows, { length: 23, lossOn: 'replies' });
  expect(replies.ids).toEqual(all.ids);
  expect(all.lossMask).toBeUndefined();
  expect(replies.fingerprint).not.toBe(all.fingerprint);
  const text = await tokenBlocks(textRows(['x'.repeat(46)]), tokenizer, { length: 23 });
  const mixed = mixTexts([replies, text], { count: 6, seed: 3 });
  const isText = (row: number) => mixed.ids[row * 23] === 'x'.charCodeAt(0);
  for (let row = 0; row < 6; row++) {
    const some = mixed.lossMask!.subarray(row * 23, (row + 1) * 23);
    expect(some.reduce((n, one) => n + one, 0)).toBe(isText(row) ? 23 : 2);
  }
});

it('warns of conversations that are cut, and leaves out those without a reply in a block', async () => {
  const rows = [
    { messages: messages('a', 'b') },
    { messages: messages('a', 'long '.repeat(9)) },
    { messages: messages('x'.repeat(40), 'b') },
  ];
  const { warnings, shape } = await blocksOf(rows, { length: 23, lossOn: 'replies' });
  expect(shape[0]).toBe(2);
  expect(warnings).toEqual([
    expect.stringMatching(
      /chat.jsonl, row 2: the conversation does not fit into a block of 23 tokens and is cut/,
    ),
    expect.stringMatching(
      /chat.jsonl, row 3: the conversation has no reply that begins within a block of 23/,
    ),
  ]);
});

it.each([
  [{ messages: 'hello' }, 'row 1: "messages" is "hello"; expected a list of messages'],
  [{ messages: [] }, 'row 1: the conversation has no message'],
  [{ messages: ['hi'] }, 'row 1: messages[0] is "hi"; expected { "role"'],
  [
    { messages: [{ role: 'bot', content: '' }] },
    'the role of messages[0] is "bot"; expected system, user, assistant',
  ],
  [{ messages: [{ role: 'user', content: [1] }] }, 'the content of messages[0] is [1]; expected a text'],
  [{ prompt: 'a', completion: null, b: 1 }, '"completion" is missing; expected a text or a list of messages'],
  [
    { messages: messages('x'.repeat(50), 'b') },
    'the first reply begins at token 70, and a block has 30. Use longer blocks',
  ],
  [{ messages: messages('a') }, 'the conversation has no reply, and only replies count'],
])('refuses %j with its file, row and what to do', async (record, problem) => {
  await expect(blocksOf([record], { length: 30, lossOn: 'replies' })).rejects.toMatchObject({
    code: 'GRASP_DATA_CONVERSATION',
    message: expect.stringContaining(problem),
    row: 1,
  });
});

it('refuses conversations without a template, and templates that change earlier turns', async () => {
  const rows = [{ messages: messages('a', 'b', 'c', 'd') }];
  const without = { length: 20, roles: async () => ({ special: {}, ends: [] }) };
  await expect(blocksOf(rows, without)).rejects.toThrow('the model has no chat template');
  const last = '{% for m in messages %}{{ m.content if loop.last else "" }}|{% endfor %}';
  const changing = {
    length: 2,
    lossOn: 'replies',
    roles: async () => ({ special: {}, ends: [], chatTemplate: last }),
  } as const;
  await expect(blocksOf(rows, changing)).rejects.toThrow('row 1: the chat template changes message 2');
  await expect(blocksOf(rows, { ...changing, lossOn: 'all' })).resolves.toBeDefined();
});
