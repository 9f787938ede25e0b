import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TeacherCache, type TeacherIdentity } from './teacher-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-teacher-'));
});
afterEach(() => rm(folder, { recursive: true }));

const identity: TeacherIdentity = {
  teacher: 'a',
  engine: 'none',
  dtype: 'float32',
  length: 4,
  topLogits: 2,
  vocabSize: 8,
};

it('begins where a process was killed that wrote its header', async () => {
  await writeFile(join(folder, 'grasp-teacher.json.0123456789abcdef.partial'), '{');
  await expect(TeacherCache.open(folder, identity)).resolves.toBeInstanceOf(TeacherCache);
});

it('lets one of two processes begin, whose predictions differ', async () => {
  const both = [identity, { ...identity, teacher: 'b' }].map((each) => TeacherCache.open(folder, each));
  const [first, second] = await Promise.allSettled(both);
  const refused = [first!, second!].filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(1);
  expect((refused[0] as PromiseRejectedResult).reason.message).toContain(
    'it holds other predictions (teacher: ',
  );
});
