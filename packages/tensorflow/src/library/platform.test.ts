import { describe, expect, it } from 'vitest';
import { builds } from './builds.js';
import { buildFor } from './platform.js';

describe('buildFor', () => {
  it('finds the build of each supported platform', () => {
    for (const build of builds) {
      const [platform, arch] = build.platform.split('-') as [string, string];
      expect(buildFor(build.kind, { platform, arch, glibc: '2.27' })).toBe(build);
    }
  });

  it.each([
    ['Windows', { platform: 'win32', arch: 'x64' }, 'win32-x64'],
    ['a Linux with musl', { platform: 'linux', arch: 'x64' }, 'musl'],
    ['a Linux that is too old', { platform: 'linux', arch: 'x64', glibc: '2.17' }, '2.27'],
  ])('refuses %s and says why', (_name, platform, reason) => {
    expect(() => buildFor('cpu', platform)).toThrow(
      expect.objectContaining({ problem: 'unsupported-platform' }),
    );
    expect(() => buildFor('cpu', platform)).toThrow(reason);
  });
});
