import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inShell } from './in-shell.js';

it('leaves plain paths as they are', () => {
  expect(inShell('runs/out-0.5/Modelfile')).toBe('runs/out-0.5/Modelfile');
  expect(inShell('my models/a')).toBe("'my models/a'");
});

it('comes out of a shell as it was', () => {
  fc.assert(
    fc.property(fc.string(), (word) => {
      const out = execFileSync('sh', ['-c', `printf %s ${inShell(word)}`], { encoding: 'utf8' });
      expect(out).toBe(word);
    }),
    { numRuns: 20 },
  );
});
