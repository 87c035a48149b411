import { CommanderError, type Command } from 'commander';
import { didYouMean, LakehouseError, problem } from '../lib/private/errors';

const SEE_HELP = 'see --help';

/**
 * Has a command, and the commands added to it later, throw `CommanderError` instead of ending the process; `exitCodeOf` says
 * what it means.
 */
export function throwing(command: Command): Command {
  return command.exitOverride().configureOutput({ outputError: () => undefined });
}

/**
 * What an error of the argument parser means.
 *
 * @param program the command whose arguments were read
 * @returns the exit code when there is nothing to run, because help was shown.
 * @throws LakehouseError in the one form when an argument is wrong; any other error as it is.
 */
export function exitCodeOf(error: unknown, program: Command): number {
  if (!(error instanceof CommanderError)) {
    throw error;
  }
  if (error.exitCode === 0 || error.code === 'commander.help') {
    return error.exitCode;
  }
  throw new LakehouseError(usageProblem(error, commandIn(program, program.args)));
}

/** The command that arguments name, a command of a command too. */
function commandIn(command: Command, args: string[]): Command {
  const named = command.commands.find((candidate) => candidate.name() === args[0]);
  return named === undefined ? command : commandIn(named, args.slice(1));
}

function usageProblem({ code, message }: CommanderError, command: Command): string {
  // the first words in quotes are the option or command it is about
  const about = /'(-*[^' ]*)/.exec(message)?.[1] ?? '';
  switch (code) {
    case 'commander.unknownOption': {
      const known = command.options.flatMap(({ long }) => long ?? []);
      const remedy = known.length === 0 ? SEE_HELP : didYouMean(about, known);
      return problem({ path: 'option', must: `an option of '${fullName(command)}'`, got: about, remedy });
    }
    case 'commander.unknownCommand': {
      const known = command.commands.map((candidate) => candidate.name());
      const remedy = didYouMean(about, known);
      return problem({ path: 'command', must: `a command of '${fullName(command)}'`, got: about, remedy });
    }
    case 'commander.excessArguments': {
      const most = command.registeredArguments.length;
      const must = most === 0 ? `left out of '${fullName(command)}'` : `at most ${most} of '${fullName(command)}'`;
      const got = command.args.slice(most);
      return problem({ path: 'arguments', must, got, remedy: SEE_HELP });
    }
    case 'commander.missingArgument':
    case 'commander.missingMandatoryOptionValue':
      return problem({ path: about, must: `given to '${fullName(command)}'`, got: undefined, remedy: SEE_HELP });
    case 'commander.optionMissingArgument':
      return problem({ path: about, must: 'followed by a value', got: undefined, remedy: SEE_HELP });
    case 'commander.invalidArgument':
      return message.replace(/^.*? is invalid\. /s, '');
    default:
      return `${message.replace(/^error: /, '').replace(/\.$/, '')}; ${SEE_HELP}`;
  }
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
