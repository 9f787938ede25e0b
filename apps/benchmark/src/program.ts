import { Command } from '@commander-js/extra-typings';
import { againstCommand } from './commands/against/index.js';
import { makeModelCommand } from './commands/make-model/index.js';
import { modelsCommand } from './commands/models/index.js';
import { profileCommand } from './commands/profile/index.js';
import { readCommand } from './commands/read/index.js';
import { reproduceCommand } from './commands/reproduce/index.js';
import { scalingCommand } from './commands/scaling/index.js';
import { serveCommand } from './commands/serve/index.js';
import { soakCommand } from './commands/soak/index.js';
import { speedCommand } from './commands/speed/index.js';
import { verifyCommand } from './commands/verify/index.js';

export function createProgram(): Command {
  const program = new Command('grasp-bench')
    .description('Verify and measure GRASP, and compare it with the paper and its implementation.')
    .addCommand(verifyCommand())
    .addCommand(speedCommand())
    .addCommand(scalingCommand())
    .addCommand(reproduceCommand())
    .addCommand(againstCommand())
    .addCommand(serveCommand())
    .addCommand(soakCommand())
    .addCommand(profileCommand())
    .addCommand(readCommand())
    .addCommand(makeModelCommand())
    .addCommand(modelsCommand())
    .exitOverride();
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}
