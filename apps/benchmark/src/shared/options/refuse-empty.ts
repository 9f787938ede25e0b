import {
  type Argument,
  type CommandUnknownOpts,
  InvalidArgumentError,
  type Option,
} from '@commander-js/extra-typings';

/**
 * Refuses an empty value of each option and argument of a command that reads its text as it is. An option with a variable
 * of the environment takes one, which stands for none.
 */
export function refuseEmpty(command: CommandUnknownOpts): CommandUnknownOpts {
  const options = command.options.filter((option) => option.required && option.envVar === undefined);
  for (const each of [...options, ...command.registeredArguments])
    if (each.parseArg === undefined) each.argParser(nonEmpty(each));
  return command;
}

/** Parses as commander does without a parser: a value replaces the default, and values of a list follow each other. */
const nonEmpty =
  (given: Option | Argument) =>
  (text: string, earlier: unknown): unknown => {
    if (text === '') throw new InvalidArgumentError('It must not be empty.');
    if (!given.variadic) return text;
    return Array.isArray(earlier) && earlier !== given.defaultValue ? [...earlier, text] : [text];
  };
