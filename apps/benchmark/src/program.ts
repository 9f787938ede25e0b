import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { COMMANDS, type ListedCommand } from './commands/list.js';
import { refuseEmpty } from './shared/options/refuse-empty.js';

/**
 * The command `grasp-bench`. Only the named subcommands are loaded; of the others, the help shows the names.
 *
 * @param names default: all
 */
export async function createProgram(
  names: readonly string[] = COMMANDS.map(({ name }) => name),
): Promise<Command> {
  const program = new Command('grasp-bench')
    .description('Verify and measure GRASP, and compare it with the paper and its implementation.')
    .configureHelp({ subcommandTerm: (command) => termOf(command.name()) })
    .exitOverride();
  for (const listed of COMMANDS) {
    const loaded = names.includes(listed.name) ? await listed.load() : undefined;
    program.addCommand(named(refuseEmpty(loaded ?? new Command()), listed).copyInheritedSettings(program));
  }
  return program;
}

const named = (command: CommandUnknownOpts, { name, description }: ListedCommand): CommandUnknownOpts =>
  command.name(name).description(description);

/** How the help writes a subcommand: `read [options] [model]`. */
function termOf(name: string): string {
  const usage = COMMANDS.find((listed) => listed.name === name)?.usage ?? '[command]';
  return `${name} ${usage}`;
}
