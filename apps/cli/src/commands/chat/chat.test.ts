import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp, keptTerminal } from '../../../test/grasp.js';
import { runCommand } from '../../program.js';

let folder: string;
const at = (name: string) => join(folder, name);
const loud = ['--backend', 'wasm', '--max-tokens', '12'];
const flags = [...loud, '--quiet'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-chat-'));
  await writeCheckpoint(tinyLlama(), at('plain'));
  await writeCheckpoint(tinyLlama(), at('chatty'));
  const template =
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if messages[0].content == 'no' %}{{ raise_exception('never no') }}{% endif %}assistant:";
  await writeFile(at('chatty/tokenizer_config.json'), JSON.stringify({ chat_template: template }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('grasp chat', () => {
  it('replies to a prompt, the same for the same seed', async () => {
    const ask = (...more: string[]) => grasp('chat', at('chatty'), '--prompt', 'Hello', ...flags, ...more);
    const first = await ask('--temperature', '50');
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(first.out.length).toBeGreaterThan(0);
    expect((await ask('--temperature', '50')).out).toBe(first.out);
    expect((await ask('--temperature', '50', '--seed', '7')).out).not.toBe(first.out);
  });

  it('says how fast a reply came, unless it should be quiet', async () => {
    const { err } = await grasp('chat', at('chatty'), '--prompt', 'Hello', ...loud);
    expect(err).toMatch(/^12 tokens, [\d.]+ per second$/m);
  });

  it('says when there is no template, and continues text', async () => {
    const { code, err } = await grasp('chat', at('plain'), '--prompt', 'Hello', ...flags);
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^warning: plain has no chat template/),
    });
  });

  it('says that a system message has no effect without a template', async () => {
    const ask = (model: string) =>
      grasp('chat', at(model), '--system', 'Be brief.', '--prompt', 'Hello', ...flags);
    expect((await ask('plain')).err).toContain('plain text. --system has no effect on it.');
    expect((await ask('chatty')).err).not.toContain('--system');
  });

  it('looks at all models before it opens the engine', async () => {
    const eight = ['--threads', '8']; // which WASM does not have
    const { code, err } = await grasp('chat', at('plain'), '--compare', at('missing'), ...flags, ...eight);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('missing') });
    expect((await grasp('chat', at('plain'), '--prompt', 'Hello', ...flags, ...eight)).err).toContain(
      '--threads',
    );
  });

  it('refuses an empty prompt', async () => {
    const { code, err } = await grasp('chat', at('chatty'), '--prompt', '', ...flags);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('must not be empty') });
  });

  it('passes on what a template refuses', async () => {
    const { code, err } = await grasp('chat', at('chatty'), '--prompt', 'no', ...flags);
    expect(code).toBe(3);
    expect(err).toContain('never no');
  });

  it('shows two models in turn where nobody watches, side by side on a wide terminal', async () => {
    const compare = ['chat', at('chatty'), '--compare', at('plain'), '--prompt', 'Hello', ...loud];
    const turns = await grasp(...compare);
    expect(turns.out).toMatch(/^plain:\n.+\nchatty:\n/s);
    expect(turns.err).toMatch(/plain: 12 tokens.*\nchatty: 12 tokens/);
    const { terminal, said } = keptTerminal({ width: 80 });
    expect(await runCommand(compare, terminal)).toBe(0);
    const rows = said().out.split('\n');
    expect(rows[0]).toMatch(/^plain {33,} │ chatty/);
    for (const row of rows) expect(row).toContain(' │ ');
  });

  it('goes on line by line until the input ends', async () => {
    const { terminal, said } = keptTerminal({ input: Readable.from(['Hello\n', '\n', 'And you?\n']) });
    expect(await runCommand(['chat', at('chatty'), ...loud], terminal)).toBe(0);
    expect(said().err.match(/12 tokens/g)).toHaveLength(2);
  });

  it('stops a reply, not the conversation, at Ctrl-C', async () => {
    let interrupt = () => {};
    const { terminal, said } = keptTerminal({
      input: Readable.from(['Hello\n', 'And you?\n']),
      onInterrupt: (handler) => {
        interrupt = handler;
        return () => {};
      },
    });
    let parts = 0;
    const write = (text: string) => {
      terminal.write(text);
      if (++parts === 2) interrupt();
    };
    expect(await runCommand(['chat', at('chatty'), ...loud], { ...terminal, write })).toBe(0);
    const counts = [...said().err.matchAll(/(\d+) tokens/g)].map(([, count]) => Number(count));
    expect(counts[0]).toBeLessThan(12);
    expect(counts[1]).toBe(12);
  });

  it('refuses a temperature below 0', async () => {
    expect((await grasp('chat', at('plain'), '--temperature', '-1')).code).toBe(2);
  });
});
