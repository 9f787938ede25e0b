import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { loadedPackages } from '@grasp/testing';
import { Help } from 'commander';
import { describe, expect, it } from 'vitest';
import { grasp } from '../test/grasp.js';
import { COMMANDS } from './commands/list.js';
import { createProgram } from './program.js';
import type { Terminal } from './shared/terminal.js';

const terminal = {} as Terminal; // nothing runs, so nothing is printed

describe('the program', () => {
  it('lists each command as the command itself would', async () => {
    for (const { name, usage, load } of COMMANDS) {
      const command = await load(terminal);
      const term = new Help().subcommandTerm(command.name(name) as never);
      expect(term).toBe([name, usage].filter(Boolean).join(' '));
    }
  });

  it('has the same help however many commands are loaded', async () => {
    const none = await createProgram(terminal, []);
    const all = await createProgram(terminal);
    expect(none.helpInformation()).toBe(all.helpInformation());
    expect(none.helpInformation()).toContain('prune [options] [model]');
    expect(none.commands.every((command) => command.options.length === 0)).toBe(true);
  });

  it('shows the help of a command by either way', async () => {
    const { out } = await grasp('help', 'inspect');
    expect(out).toContain('Usage: grasp inspect [options] <model>');
    expect((await grasp('inspect', '--help')).out).toBe(out);
  });

  it.each([['haal', '--help'], ['help', 'haal'], ['haal', '-h'], ['eval', 'haal', '--help'], ['haal']])(
    'refuses an unknown command: %s %s',
    async (...argv) => {
      const { code, err } = await grasp(...argv.filter(Boolean));
      expect(code).toBe(2);
      expect(err).toContain("unknown command 'haal'");
    },
  );

  it.each([['--help'], ['help', 'eval', 'ppl'], ['eval', 'ppl', '--help'], ['eval', '--help']])(
    'shows the help of %s %s %s',
    async (...argv) => {
      expect((await grasp(...argv.filter(Boolean))).code).toBe(0);
    },
  );

  it.each([
    [['heal', '--teacher', 'm', '--out', 'o', '--text', 'a.txt', '.'], 'pruned', '--text'],
    [['report', '--accuracy', 'a.json', '.'], 'folder', '--accuracy'],
  ])('says that a flag of several values swallowed the argument: %j', async (argv, argument, flag) => {
    const problem = `missing required argument '${argument}'. "." was read as a value of ${flag}.`;
    const { code, err } = await grasp(...argv);
    expect({ code, err }).toEqual({ code: 2, err: `grasp: ${problem} Put it before the flags.` });
    expect((await grasp(...argv.slice(0, -1))).err).toContain('error: missing required argument');
  });

  it.each([
    [['prune', 'm', '--recover', '0.3'], '--recover has a new name: --compensation.'],
    [['sweep', 'm', '--rank=4'], '--rank has a new name: --lora-rank.'],
  ])('reports the new name of a renamed flag: %j', async (argv, message) => {
    const { code, err } = await grasp(...argv);
    expect({ code, err }).toEqual({ code: 2, err: `grasp: ${message}` });
  });

  it.each(['hub', 'ftp://hub', 'http://me:secret@hub'])(
    'refuses the Hub %s, and tells no password',
    async (hub) => {
      const { code, err } = await grasp('push', 'out', 'me/model', '--endpoint', hub);
      expect(code).toBe(2);
      expect(err).toContain("option '--endpoint");
      expect(err).not.toContain('secret');
    },
  );

  it('adds nothing for a flag that never existed, or of another command', async () => {
    for (const argv of [
      ['prune', 'm', '--recovr', '0.3'],
      ['inspect', 'm', '--rank', '4'],
    ]) {
      const { code, err } = await grasp(...argv);
      expect(code).toBe(2);
      expect(err).not.toContain('new name');
    }
  });
});

describe('what is loaded first', () => {
  const packagesOf = (file: string) => [...loadedPackages(new URL(file, import.meta.url).pathname)].sort();

  it('is little before the command is known', () => {
    expect(packagesOf('./main.ts')).toEqual([
      '@commander-js/extra-typings',
      '@grasp/download',
      '@grasp/files',
      'commander',
    ]);
  });

  it('is neither TensorFlow.js nor a tokenizer where a model is inspected', () => {
    const loaded = packagesOf('./commands/inspect/index.ts');
    expect(loaded).toContain('@grasp/decoder');
    const slow = ['@tensorflow/tfjs-core', 'execa', 'tokenizers', 'undici', 'zod', '@huggingface/hub'];
    expect(loaded.filter((name) => slow.includes(name))).toEqual([]);
  });
});

describe('the folders', () => {
  const source = new URL('.', import.meta.url).pathname;
  const files = (readdirSync(source, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));

  it('hold commands that never import each other', () => {
    const commands = files.filter((file) => /^commands\/[^/]+\//.test(file));
    expect(commands.length).toBeGreaterThan(30);
    const imports = commands.flatMap((file) =>
      [...readFileSync(join(source, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path]) => ({
        file,
        other: normalize(join(dirname(file), path!)),
      })),
    );
    const own = (file: string) => file.split(sep).slice(0, 2).join(sep); // commands/prune
    const allowed = (file: string, other: string) =>
      other.startsWith(own(file) + sep) || /^(shared|program|\.\.\Wtest)/.test(other);
    expect(imports.filter(({ file, other }) => !allowed(file, other))).toEqual([]);
  });
});
