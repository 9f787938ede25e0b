import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

it('is in XDG_CACHE_HOME, or in the home folder if that is not set or empty', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'grasp'));
  for (const environment of [{}, { XDG_CACHE_HOME: '' }])
    expect(cacheFolder(environment)).toBe(join(homedir(), '.cache', 'grasp'));
});
