import { Command } from '@commander-js/extra-typings';
import { chatCommand } from './commands/chat/index.js';
import { demoCommand } from './commands/demo/index.js';
import { doctorCommand } from './commands/doctor/index.js';
import { evalCommand } from './commands/eval/index.js';
import { exportCommand } from './commands/export/index.js';
import { inspectCommand } from './commands/inspect/index.js';
import { pruneCommand } from './commands/prune/index.js';
import { pushCommand } from './commands/push/index.js';
import { reportCommand } from './commands/report/index.js';
import { sweepCommand } from './commands/sweep/index.js';
import { workerCommand } from './commands/worker/index.js';
import { writeCommand } from './commands/write/index.js';
import { describeFailure, exitCodes, exitCodesHelp } from './shared/exit-codes.js';
import type { Terminal } from './shared/terminal.js';
import { version } from './shared/version.js';

/** The command with all its subcommands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('grasp')
    .description('Structured pruning of large language models under one global budget.')
    .version(version)
    .showHelpAfterError('Try --help.')
    .addHelpText('after', `\n${exitCodesHelp}`)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  const commands = [
    pruneCommand,
    sweepCommand,
    inspectCommand,
    reportCommand,
    evalCommand,
    exportCommand,
    pushCommand,
    chatCommand,
    writeCommand,
    doctorCommand,
    demoCommand,
    workerCommand,
  ];
  for (const command of commands) program.addCommand(command(terminal));
  // commander does not hand these down to commands that were made apart from it.
  for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)]) {
    command.copyInheritedSettings(program).exitOverride();
  }
  return program;
}

/** Runs one command line and resolves to its exit code. Nothing is thrown. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    const { exitCode, message } = describeFailure(error);
    if (message !== undefined) terminal.note(`grasp: ${message}`);
    return exitCode;
  }
}
