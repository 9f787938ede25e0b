import { constants } from 'node:os';
import { withoutSecrets } from '@grasp/download';
import { FileWriteError } from '@grasp/files';
import { CommanderError } from 'commander';

/** Exit codes of `grasp`. */
export const exitCodes = {
  ok: 0,
  usage: 2,
  input: 3,
  budget: 4,
  output: 5,
  engine: 6,
  disagreement: 7,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;

/** For `--help` and the README. */
export const exitCodesHelp = `Exit codes:
  0    success
  2    wrong command line or settings
  3    bad input: model, tokenizer, text
  4    the budget cannot be met
  5    cannot write: disk full, no permission, folder in use
  6    the engine, a worker or Python fails, or out of memory
  7    two evaluators disagree
  70   an internal error of grasp
  130  interrupted (143 by SIGTERM)`;

/** The user asked to stop. A terminal's signal is aborted with this error. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor(readonly signal: 'SIGINT' | 'SIGTERM' = 'SIGINT') {
    super(signal === 'SIGTERM' ? 'Terminated.' : 'Interrupted.');
  }

  /** 128 plus the number of the signal, as shells report it. */
  get exitCode(): number {
    return 128 + constants.signals[this.signal];
  }
}

/** Exit codes of typed errors, by the first prefix that matches. */
const byPrefix: readonly (readonly [prefix: string, exit: number])[] = [
  ['GRASP_SETTINGS', exitCodes.usage],
  ['GRASP_HUB_ENDPOINT', exitCodes.usage],
  ['GRASP_BUDGET', exitCodes.budget],
  ['GRASP_OUTPUT', exitCodes.output],
  ['GRASP_FILE_WRITE', exitCodes.output],
  ['GRASP_PUSH_USAGE', exitCodes.usage],
  ['GRASP_PUSH', exitCodes.output],
  ['GRASP_TF', exitCodes.engine],
  ['GRASP_ENGINE', exitCodes.engine],
  ['GRASP_PYTHON', exitCodes.engine],
  ['GRASP_LM_EVAL', exitCodes.engine],
  ['GRASP_EVAL_RUNNER', exitCodes.engine],
  ['GRASP_ENDPOINT', exitCodes.engine],
  ['GRASP_DISAGREEMENT', exitCodes.disagreement],
  ['GRASP_', exitCodes.input],
];
const systemOutput = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO'];

export interface Failure {
  readonly exitCode: number;
  /** The message for the user. Undefined if commander has printed one already. */
  readonly message?: string;
}

/** Maps a thrown value to an exit code and a message for the user, without passwords of URLs and tokens. */
export function describeFailure(error: unknown): Failure {
  const { exitCode, message } = described(error);
  return message === undefined ? { exitCode } : { exitCode, message: withoutSecrets(message) };
}

function described(error: unknown): Failure {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage };
  if (error instanceof InterruptedError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof Error && error.name === 'AbortError') {
    return { exitCode: exitCodes.interrupted, message: 'Interrupted.' };
  }
  if (!(error instanceof Error)) return { exitCode: exitCodes.internal, message: String(error) };
  if (error instanceof FileWriteError && error.reason === 'input')
    return { exitCode: exitCodes.usage, message: error.message };
  if (error instanceof FileWriteError && error.reason === 'overwrite') {
    const message = `${error.path}: it exists. Add --overwrite to replace it, or choose another name.`;
    return { exitCode: exitCodes.output, message };
  }
  const { code: given, syscall } = error as NodeJS.ErrnoException;
  const code = String(given ?? '');
  const known = byPrefix.find(([prefix]) => code.startsWith(prefix));
  if (known) return { exitCode: known[1], message: error.message };
  // What writes files throws FileWriteError, so an open that fails is that of an input.
  const isRead = ['open', 'read', 'scandir'].includes(syscall ?? '');
  if (systemOutput.includes(code) && !isRead) return { exitCode: exitCodes.output, message: error.message };
  if (code === 'ENOENT' || code === 'EISDIR' || systemOutput.includes(code))
    return { exitCode: exitCodes.input, message: error.message };
  return {
    exitCode: exitCodes.internal,
    message: `Internal error. Please report it:\n${error.stack ?? error.message}`,
  };
}
