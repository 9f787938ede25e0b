import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in which a control group states its memory, by version of the interface. */
const VERSIONS = [
  {
    mount: 'sys/fs/cgroup',
    /** A line of /proc/self/cgroup that names the process's own group. */
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
 * Bytes that the control groups of this process leave free (versions 1 and 2): the least of its own group and those
 * above. Cached files that the kernel would drop count as free. Infinite where nothing limits it, or not on Linux.
 *
 * @param root where `/` is; another folder in tests
 */
export function containerMemory(root = '/'): number {
  const groups = readText(join(root, 'proc/self/cgroup')) ?? '';
  let least = Number.POSITIVE_INFINITY;
  for (const { mount, own, limit, used, cached } of VERSIONS) {
    const path = own.exec(groups)?.[1];
    if (path === undefined) continue;
    for (const group of withParents(path)) {
      const file = (name: string) => readText(join(root, mount, group, name)) ?? '';
      // Where a container sees its own group as the root, the path is the host's, and only the root is there.
      const most = bytes(file(limit));
      if (most === undefined) continue;
      const kept = (bytes(file(used)) ?? 0) - Number(cached.exec(file('memory.stat'))?.[1] ?? 0);
      least = Math.min(least, Math.max(0, most - Math.max(0, kept)));
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

/** Undefined for `max`, and for what is not there. */
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
