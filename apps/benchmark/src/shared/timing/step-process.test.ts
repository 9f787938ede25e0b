import { expect, it } from 'vitest';
import { ContestantError, StepProcess } from './step-process.js';

const process = (script: string) => new StepProcess('it', 'node', ['-e', script], 'no-file');

it('passes over what libraries print', async () => {
  const noisy = process(
    `console.log('loading'); console.log('{"engine":"none","device":"cpu"}'); process.stdin.resume()`,
  );
  expect(await noisy.ready()).toEqual({ engine: 'none', device: 'cpu' });
  await noisy.close();
});

it('tells the last words of one that ends without an answer', async () => {
  const broken = process(`console.log('loading'); console.error('no such model'); process.exitCode = 1`);
  await expect(broken.ready()).rejects.toEqual(
    new ContestantError('it ended before it answered:\nno such model', 'it'),
  );
});
