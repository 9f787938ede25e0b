import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
const at = (name: string) => join(folder, name);
const wasm = ['--backend', 'wasm', '--quiet', '--json'];

const template =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}$\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
const rows = Array.from({ length: 24 }, (_, i) => ({
  prompt: `What is ${i} + ${i}?`,
  completion: `It is ${2 * i}.`,
}));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-conversations-'));
  const model = tinyLlama();
  const config = new TextEncoder().encode(JSON.stringify({ chat_template: template }));
  const files = [...model.files, { name: 'tokenizer_config.json', read: async () => config }];
  await writeCheckpoint({ ...model, files }, at('model'));
  await writeFile(at('chat.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await writeFile(at('text.txt'), rows.map(({ prompt }) => prompt).join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const prune = (out: string, ...more: string[]) =>
  grasp(
    ...['prune', at('model'), '--calib', at('chat.jsonl'), '--out', at(out)],
    ...['--blocks', '8', '--length', '64', '--epochs', '1', ...more, ...wasm],
  );
const heal = (out: string, ...more: string[]) =>
  grasp(
    ...['heal', at('all'), '--teacher', at('model'), '--text', at('chat.jsonl'), '--out', at(out)],
    ...[
      '--dtype',
      'float32',
      '--length',
      '64',
      '--tokens',
      '1024',
      '--held-out',
      '1',
      '--eval-every',
      '2',
      ...more,
      ...wasm,
    ],
  );

it('prunes on conversations, with the loss on all tokens or on replies', async () => {
  const all = await prune('all', '--eval', at('chat.jsonl'), '--window', '64');
  expect(all).toMatchObject({ code: 0, err: expect.stringMatching(/^warning: the run learns from [^\n]*$/) });
  const record = JSON.parse(all.out);
  expect(record.data.gates.description).toContain('conversations by the chat template');
  expect(record.perplexity.dense['chat.jsonl']).toBeGreaterThan(1);
  const replies = JSON.parse((await prune('replies', '--loss-on', 'replies')).out);
  expect(replies.data.gates.description).toContain('loss on replies');
  expect(replies.settings.text.lossOn).toBe('replies');
  expect(replies.losses.gates[0]).not.toBeCloseTo(record.losses.gates[0], 4);
});

it('heals on conversations and text, with the loss on replies', async () => {
  const all = JSON.parse((await heal('healed')).out);
  expect(all.settings.lossOn).toBe('all');
  const run = await heal('healed-on-replies', '--loss-on', 'replies', '--text', at('text.txt'));
  expect(run).toMatchObject({ code: 0, err: '' });
  const replies = JSON.parse(run.out);
  expect(replies.data.training.description).toContain('loss on replies');
  expect(replies.curve.at(-1).perplexity).toBeLessThan(replies.curve[0].perplexity);
  const again = JSON.parse((await heal('again', '--loss-on', 'replies', '--text', at('text.txt'))).out);
  expect(again.steps).toEqual(replies.steps);
  expect(await readFile(at('again/model.safetensors'))).toEqual(
    await readFile(at('healed-on-replies/model.safetensors')),
  );
});

it('says what does not fit', async () => {
  await writeFile(
    at('bad.jsonl'),
    '{"messages":[{"role":"user","content":"a"},{"role":"bot","content":"b"}]}\n',
  );
  const bad = await grasp(
    'heal',
    at('all'),
    '--teacher',
    at('model'),
    '--text',
    at('bad.jsonl'),
    '--out',
    at('no'),
    '--length',
    '64',
  );
  expect(bad).toMatchObject({
    code: 3,
    err: expect.stringContaining('bad.jsonl, row 1: the role of messages[1]'),
  });
  const text = ['--calib', at('text.txt'), '--loss-on', 'replies'];
  const none = await grasp('prune', at('model'), ...text, '--out', at('no'), '--length', '64');
  expect(none).toMatchObject({ code: 2, err: expect.stringContaining('no text has conversations') });
  await writeCheckpoint(tinyLlama(), at('plain'));
  const plain = await grasp(
    'prune',
    at('plain'),
    '--calib',
    at('chat.jsonl'),
    '--out',
    at('no'),
    '--length',
    '64',
  );
  expect(plain).toMatchObject({ code: 3, err: expect.stringContaining('the model has no chat template') });
  await writeFile(
    at('long.jsonl'),
    `${JSON.stringify({ prompt: 'a', completion: 'b'.repeat(900) })}\n`.repeat(3),
  );
  const long = await heal('long', '--text', at('long.jsonl'));
  expect(long.err).toContain(
    'long.jsonl, row 1 (and 2 more): the conversation does not fit into a block of 64 tokens and is cut',
  );
});
