import { expect, it } from 'vitest';
import { measure } from './measure.js';

it('refuses two texts of one name', async () => {
  const text = (fingerprint: string) => ({ name: 'a.txt', windows: { fingerprint } }) as never;
  const run = measure({} as never, 'dense', [text('1'), text('2')], {} as never);
  await expect(run.next()).rejects.toThrow('have the name "a.txt"');
});
