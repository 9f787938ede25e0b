import { RunStateError } from '@grasp/prune';
import { expect, it } from 'vitest';
import { inHealFlags } from './in-flags.js';

it('lets errors about the state of a healing name its flags', async () => {
  const refused = (prefix?: string) =>
    inHealFlags(async () => {
      throw new RunStateError(
        'p',
        'of another run (heldOut: 8 then, 2 now; teacher: a then, b now; rows: 4 then, 1 now).',
      );
    }, prefix);
  await expect(refused()).rejects.toThrow(
    'p: of another run (--held-out: 8 then, 2 now; teacher: a then, b now; --rows: 4 then, 1 now).',
  );
  await expect(refused('heal-')).rejects.toThrow('--heal-held-out: 8 then');
});
