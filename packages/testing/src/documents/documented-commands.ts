import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The parts of a commander command that are compared. */
interface KnownCommand {
  name(): string;
  readonly commands: readonly KnownCommand[];
  readonly options: readonly {
    readonly long?: string | undefined;
    readonly argChoices?: readonly string[] | undefined;
    /** Whether the option may stand without its value. */
    readonly optional?: boolean | undefined;
  }[];
}

/** A command in the documentation, and its file. */
export interface DocumentedCommand {
  readonly file: string;
  readonly words: readonly string[];
}

/** Paths of the guides and READMEs. */
function documents(): string[] {
  const readmes = ['packages', 'apps', 'examples'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name, 'README.md')),
  );
  const guides = readdirSync(join(root, 'docs')).map((name) => join(root, 'docs', name));
  const files = [join(root, 'README.md'), ...readmes, ...guides];
  return files.filter((file) => file.endsWith('.md') && existsSync(file));
}

const wordsOf = (line: string): string[] =>
  (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));

/** Returns the lines of shell blocks, and inline code. */
function commandsIn(text: string): string[] {
  const shell = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block]) =>
    block!.replace(/\\\n/g, ' ').replace(/ # .*/g, '').split('\n'),
  );
  const inline = [...text.replace(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
  return [...shell, ...inline].map((line) =>
    line
      .trim()
      .replace(/^node apps\/cli\/dist\/main\.js /, 'grasp ')
      .replace(/^node apps\/benchmark\/dist\/main\.js /, 'grasp-bench '),
  );
}

/** Returns all commands of a program in the guides and READMEs, without the name of the program. */
export function documentedCommands(program: string): DocumentedCommand[] {
  return documents().flatMap((file) =>
    commandsIn(readFileSync(file, 'utf8'))
      .filter((line) => line.startsWith(`${program} `))
      .map((line) => ({ file: relative(root, file), words: wordsOf(line).slice(1) })),
  );
}

/** Returns the parts of a command that a program does not have: a subcommand, an option, a choice of an option. */
export function unknownWord(program: KnownCommand, words: readonly string[]): string | undefined {
  const [first, ...rest] = words;
  if (program.commands.length > 0 && first !== undefined && !first.startsWith('-')) {
    const command = program.commands.find((one) => one.name() === first);
    return command === undefined ? first : unknownWord(command, rest);
  }
  for (const [i, word] of words.entries()) {
    if (!word.startsWith('--') || word === '--help') continue;
    const option = program.options.find(({ long }) => long === word);
    if (option === undefined) return word;
    const value = words[i + 1];
    if (option.optional && value?.startsWith('-')) continue;
    if (value !== undefined && option.argChoices && !option.argChoices.includes(value))
      return `${word} ${value}`;
  }
  return undefined;
}
