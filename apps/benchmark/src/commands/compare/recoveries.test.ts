import { describe, expect, it } from 'vitest';
import { comparedMethods, METHOD_NAMES } from './methods.js';
import { RECOVERIES, recoverySettings } from './recoveries.js';

describe('recoverySettings', () => {
  it('are valid for every recovery after every method', async () => {
    for (const { name, settings } of await comparedMethods(METHOD_NAMES)) {
      const { method: _, ...ofMask } = settings;
      for (const recovery of RECOVERIES.filter((each) => each.settings))
        expect(recoverySettings(recovery, {}, ofMask), `${name}, ${recovery.name}`).toMatchObject({
          choice: 'given',
        });
    }
  });
});
