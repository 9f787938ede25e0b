import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODELS } from '@grasp/models';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { grasp } from '../../test/grasp.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'grasp-names-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('GRASP_OFFLINE', '1');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const commands = [
  ['inspect'],
  ['prune', '--calib', 'a.txt', '--out', 'out'],
  ['sweep', '--calib', 'a.txt', '--out', 'out'],
  ['eval', 'ppl', 'a.txt'],
  ['eval', 'tasks'],
  ['eval', 'compare'],
  ['export', '--gguf', 'f16', '--out', 'out.gguf'],
  ['write', '--out', 'out.jsonl'],
  ['chat', '--prompt', 'hello', '--backend', 'wasm'],
];

/** The command with a model: the first argument of a command, or of a subcommand of `eval`. */
const withModel = (model: string, command: readonly string[]) => {
  const words = command[0] === 'eval' ? 2 : 1;
  return [...command.slice(0, words), model, ...command.slice(words)];
};

describe.each(commands.map((command) => [command.join(' '), command] as const))('grasp %s', (_, command) => {
  it('takes a model by name, and says where its file belongs if it cannot be fetched', async () => {
    const { code, err } = await grasp(...withModel('gemma-3-270m', command));
    expect(err).toContain(join(cache, 'grasp', 'models', 'gemma-3-270m-q4_k_m.gguf'));
    expect(code).toBe(3);
  });

  it('lists the names for one that it does not know', async () => {
    const { code, err } = await grasp(...withModel('gema-3-270m', command));
    for (const { name } of MODELS) expect(err).toContain(name);
    expect(code).toBe(3);
  });
});
