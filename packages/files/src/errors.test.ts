import { expect, it } from 'vitest';
import { writeError } from './errors.js';

const system = (code: string, message: string) =>
  Object.assign(new Error(`${code}: ${message}`), { code, errno: -1 });

it.each([
  [
    'EACCES',
    "permission denied, open '/a/out.lock.4f1c'",
    'permission',
    'no permission (EACCES: permission denied).',
  ],
  [
    'ENOSPC',
    'no space left on device, write',
    'disk-full',
    'the disk is full (ENOSPC: no space left on device).',
  ],
  ['ENOTDIR', "not a directory, mkdir '/a/b/c'", 'io', 'a part of its path is not a folder'],
  [
    'EISDIR',
    "illegal operation on a directory, rename '/a.1f.partial' -> '/a'",
    'exists',
    'a folder of that name',
  ],
  ['EIO', 'i/o error, write', 'io', 'EIO: i/o error'],
])('names the output and what is wrong, but no draft: %s', (code, message, reason, detail) => {
  const error = writeError('/a/out', system(code, message));
  expect(error).toMatchObject({ code: 'GRASP_FILE_WRITE', reason });
  expect(error.message).toContain('/a/out: cannot be written: ');
  expect(error.message).toContain(detail);
  expect(error.message).not.toMatch(/lock|partial|mkdir/);
});
