import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a control group that state its memory, for each version of cgroups. */
const VERSIONS = [
  {
    mount: 'sys/fs/cgroup',
    /** The line of /proc/self/cgroup that names the process's own group. */
    own: /^0::(.*)$/m,
    limit: 'memory.max',
    used: 'memory.current',
    cached: /^inactive_file (\d+)$/m,
  },
  {
    mount: 'sys/fs/cgroup/memory',
    own: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    cached: /^total_inactive_file (\d+)$/m,
  },
] as const;

/**
 * Free memory of this process's control groups, in bytes: the least of its own group and of the groups above. Cached
 * files that the kernel can drop count as free. Infinity if no group has a limit, or the system is not Linux.
 *
 * @param root the root folder; tests pass another one
 */
export function containerMemory(root = '/'): number {
  const groups = readText(join(root, 'proc/self/cgroup')) ?? '';
  let least = Number.POSITIVE_INFINITY;
  for (const { mount, own, limit, used, cached } of VERSIONS) {
    const path = own.exec(groups)?.[1];
    if (path === undefined) continue;
    for (const group of withParents(path)) {
      const file = (name: string) => readText(join(root, mount, group, name)) ?? '';
      // In a container that sees its own group as the root, the path is the host's. Only the root exists then.
      const most = bytes(file(limit));
      if (most === undefined) continue;
      const held = (bytes(file(used)) ?? 0) - Number(cached.exec(file('memory.stat'))?.[1] ?? 0);
      least = Math.min(least, Math.max(0, most - Math.max(0, held)));
    }
  }
  return least;
}

/** `/a/b` → `/a/b`, `/a`, `` */
function withParents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, above) =>
    parts.slice(0, parts.length - above).join('/'),
  );
}

/** The number in a file. Undefined for `max` and for an absent file. */
function bytes(text: string): number | undefined {
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
