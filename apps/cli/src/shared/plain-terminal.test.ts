import { describe, expect, it } from 'vitest';
import { grasp, keptTerminal } from '../../test/grasp.js';
import { plainTerminal, plainText } from './plain-terminal.js';

describe('plainText', () => {
  it.each([
    ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['\u009b31m\u202e', '\\u009b31m\\u202e'],
    ['a\tb\nc é 👩\u200d💻', 'a\tb\nc é 👩\u200d💻'],
  ])('escapes %j', (text, expected) => {
    expect(plainText(text)).toBe(expected);
  });
});

describe('plainTerminal', () => {
  it('escapes whatever a command says', () => {
    const { terminal, said } = keptTerminal({ width: 7 });
    const plain = plainTerminal(terminal);
    plain.print('a\u001b');
    plain.write('b\u001b\rc');
    plain.note('d\u001b');
    expect(said()).toEqual({ out: 'a\\u001b\nb\\u001b\rc', err: 'd\\u001b' });
    expect(plain.width).toBe(7);
  });

  it('is what every command gets', async () => {
    const { err } = await grasp('inspect', '/nowhere/\u001b[2J');
    expect(err).toContain('\\u001b[2J');
    expect(err).not.toContain('\u001b');
  });
});
