import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logOf } from './launcher.js';
import { workers } from './workers.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-workers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const node = (code: string) => [process.execPath, '-e', code];

it('runs tasks a few at a time, each after the one that it needs, with their output in logs', async () => {
  const launcher = workers(['processes=2']);
  const sleep = 'setTimeout(() => console.log("done"), 150)';
  const first = await launcher.submit({
    key: 'a',
    folder,
    commands: [node(sleep), node('console.error("broken"); process.exit(1)'), node(sleep)],
  });
  await launcher.submit({
    ...{ key: 'b', folder, after: first },
    commands: ['b', 'b', 'b'].map((text) => node(`console.log("${text}")`)),
  });
  const seen: number[] = [];
  for (;;) {
    const queued = await launcher.queued(['a', 'b', 'c']);
    if (queued.length === 0) break;
    seen.push(queued.filter(({ running }) => running).length);
    await setTimeout(10);
  }
  expect(Math.max(...seen)).toBe(2);
  const log = (key: string, place: number) => readFile(logOf({ folder, key }, place), 'utf8').catch(() => '');
  expect(await Promise.all([0, 1, 2].map((place) => log('a', place)))).toEqual([
    'done\n',
    'broken\n',
    'done\n',
  ]);
  expect(await Promise.all([0, 1, 2].map((place) => log('b', place)))).toEqual(['b\n', '', 'b\n']);
});

it('stops: interrupts what runs, and starts nothing more', async () => {
  const launcher = workers([]);
  const wait =
    "process.on('SIGINT', () => process.exit(3)); console.log('ready'); setTimeout(() => {}, 60000)";
  await launcher.submit({ key: 's', folder, commands: [node(wait), node('console.log("never")')] });
  const log = (place: number) => readFile(logOf({ folder, key: 's' }, place), 'utf8').catch(() => '');
  while ((await log(0)) === '') await setTimeout(10);
  launcher.stop!();
  while ((await launcher.queued(['s'])).length > 0) await setTimeout(10);
  expect(await log(1)).toBe('');
});

it('refuses options that it does not know', () => {
  expect(() => workers(['partition=gpu'])).toThrow('processes=N');
  expect(() => workers(['processes=0'])).toThrow('processes=N');
});
