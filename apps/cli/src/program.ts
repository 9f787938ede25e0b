import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { withoutSecrets } from '@grasp/download';
import { COMMANDS, type ListedCommand } from './commands/list.js';
import { describeFailure, exitCodes, exitCodesHelp } from './shared/exit-codes.js';
import { plainTerminal } from './shared/plain-terminal.js';
import { renamedFlag } from './shared/run/renamed-flags.js';
import { swallowedArgument } from './shared/run/swallowed.js';
import type { Terminal } from './shared/terminal.js';
import { version } from './shared/version.js';

/**
 * The command `grasp`. Only the named subcommands are loaded; of the others, the help shows the names.
 *
 * @param names default: all
 * @param writeErr takes what commander says about a wrong command line
 */
export async function createProgram(
  terminal: Terminal,
  names: readonly string[] = COMMANDS.map(({ name }) => name),
  writeErr: (text: string) => void = (text) => terminal.note(text.trimEnd()),
): Promise<Command> {
  const program = new Command('grasp')
    .description('Structured pruning of large language models under one global budget.')
    .version(version)
    .showHelpAfterError('Try --help.')
    .addHelpText('after', `\n${exitCodesHelp}`)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr,
    });
  for (const listed of COMMANDS) {
    const loaded = names.includes(listed.name) ? await listed.load(terminal) : undefined;
    program.addCommand(named(loaded ?? new Command(), listed));
  }
  // commander does not pass settings on to commands that were made separately.
  for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)]) {
    command.copyInheritedSettings(program).exitOverride();
  }
  return program.configureHelp({ subcommandTerm: (command) => termOf(command.name()) });
}

const named = (command: CommandUnknownOpts, { name, description }: ListedCommand): CommandUnknownOpts =>
  command.name(name).description(description);

/** How the help writes a subcommand: `prune [options] [model]`. */
function termOf(name: string): string {
  const usage = COMMANDS.find((listed) => listed.name === name)?.usage ?? '[command]';
  return [name, usage].filter(Boolean).join(' ');
}

/** Runs one command line and resolves to its exit code. Never rejects. */
export async function runCommand(argv: readonly string[], screen: Terminal): Promise<number> {
  const terminal = plainTerminal(screen);
  const code = await run(argv, terminal);
  try {
    await terminal.flush();
    return code;
  } catch (error) {
    return failed(error, terminal);
  }
}

async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const complaints: string[] = [];
  let program: CommandUnknownOpts | undefined;
  try {
    program = await createProgram(terminal, argv, (text) => complaints.push(text));
    refuseUnknown(program, argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    const hint = await hintFor(error, argv, program);
    const said = hint === undefined ? complaints.join('') : `grasp: ${hint}`;
    if (said !== '') terminal.note(withoutSecrets(said.trimEnd()));
    return failed(error, terminal);
  }
}

function failed(error: unknown, terminal: Terminal): number {
  const { exitCode, message } = describeFailure(error);
  if (message !== undefined) terminal.note(`grasp: ${message}`);
  return exitCode;
}

/** With --help, commander prints the help of the parent for a command that it does not know. */
function refuseUnknown(program: CommandUnknownOpts, argv: readonly string[]): void {
  const isHelp = argv[0] === 'help';
  if (!isHelp && !argv.includes('--help') && !argv.includes('-h')) return;
  let command = program;
  for (const name of isHelp ? argv.slice(1) : argv) {
    if (name.startsWith('-') || command.commands.length === 0) return;
    const next = command.commands.find((each) => each.name() === name || each.aliases().includes(name));
    if (!next && name === 'help') return;
    if (!next) {
      const unknown = { code: 'commander.unknownCommand', exitCode: exitCodes.usage };
      throw command.error(`error: unknown command '${name}'`, unknown);
    }
    command = next;
  }
}

/** What to say about a renamed flag, or an argument that a flag took, instead of what commander says. */
async function hintFor(
  error: unknown,
  argv: readonly string[],
  program: CommandUnknownOpts | undefined,
): Promise<string | undefined> {
  if (!(error instanceof CommanderError)) return undefined;
  if (error.code === 'commander.unknownOption') return renamedFlag(argv, error.message);
  if (error.code !== 'commander.missingArgument' || !program) return undefined;
  const swallowed = await swallowedArgument(commandOf(program, argv).opts());
  if (swallowed === undefined) return undefined;
  return `${error.message.replace(/^error: /, '')}. ${swallowed}`;
}

/** The command that a command line names. */
function commandOf(program: CommandUnknownOpts, [name, ...rest]: readonly string[]): CommandUnknownOpts {
  const next = program.commands.find((each) => each.name() === name);
  return next ? commandOf(next, rest) : program;
}
