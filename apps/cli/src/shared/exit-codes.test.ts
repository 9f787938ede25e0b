import { FileWriteError } from '@grasp/files';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { describeFailure, exitCodes, InterruptedError } from './exit-codes.js';

const coded = (code: string): Error => Object.assign(new Error('what was wrong'), { code });

describe('describeFailure', () => {
  it.each([
    ['GRASP_SETTINGS', exitCodes.usage],
    ['GRASP_CHECKPOINT_FORMAT', exitCodes.input],
    ['GRASP_BUDGET_FLOOR', exitCodes.budget],
    ['GRASP_FILE_WRITE', exitCodes.output],
    ['GRASP_PUSH_USAGE', exitCodes.usage],
    ['GRASP_PUSH', exitCodes.output],
    ['ENOSPC', exitCodes.output],
    ['ENOENT', exitCodes.input],
    ['GRASP_TF_MISSING', exitCodes.engine],
  ])('%s exits with %i and the message alone', (code, exitCode) => {
    expect(describeFailure(coded(code))).toEqual({ exitCode, message: 'what was wrong' });
  });

  it('names the flag that lets a file be replaced, and takes a wrong name for a wrong command line', () => {
    expect(describeFailure(new FileWriteError('out', 'overwrite', 'Set "overwrite".'))).toEqual({
      exitCode: exitCodes.output,
      message: 'out: it exists. Add --overwrite to replace it, or choose another name.',
    });
    expect(describeFailure(new FileWriteError('x.bin', 'input', 'no'))).toMatchObject({
      exitCode: exitCodes.usage,
    });
  });

  it('tells no password of a URL and no token', () => {
    const error = new TypeError('fetch failed: http://me:pass@proxy:8080 with hf_abcdef');
    const { message } = describeFailure(error);
    expect(message).toContain('http://***@proxy:8080 with hf_***');
    expect(message).not.toMatch(/pass|abcdef/);
  });

  it('keeps the stack of what was not foreseen', () => {
    const failure = describeFailure(new TypeError('x is not a function'));
    expect(failure.exitCode).toBe(exitCodes.internal);
    expect(failure.message).toContain('exit-codes.test');
  });

  it('is silent after commander, and brief when interrupted', () => {
    expect(describeFailure(new CommanderError(0, 'commander.help', ''))).toEqual({ exitCode: 0 });
    expect(describeFailure(new CommanderError(1, 'commander.unknownOption', ''))).toEqual({ exitCode: 2 });
    expect(describeFailure(new InterruptedError()).exitCode).toBe(exitCodes.interrupted);
    expect(describeFailure(new InterruptedError('SIGTERM')).exitCode).toBe(exitCodes.terminated);
  });
});
