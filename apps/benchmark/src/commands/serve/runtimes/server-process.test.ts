import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, startServer } from './server-process.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-server-'));
});
afterAll(() => rm(folder, { recursive: true }));

const start = async (code: string, idleLimit?: number) => {
  const command = { file: process.execPath, arguments: ['-e', code], environment: {} };
  const limit = idleLimit === undefined ? {} : { idleLimit };
  return startServer(command, await freePort(), join(folder, 'log'), limit);
};

it.runIf(process.platform === 'linux')('gives up on a server that waits for nothing', async () => {
  const stuck = start('setInterval(() => {}, 1e6)', 1);
  await expect(stuck).rejects.toThrow('It has computed nothing for 1 s.');
});

it('tells the end of the log of a server that ended at its start', async () => {
  const broken = start('throw new TypeError("no such model")');
  await expect(broken).rejects.toThrow(/^It ended at its start\.\n.*TypeError: no such model/s);
});
