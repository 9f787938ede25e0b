import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Wheel } from '../src/fetch-wheel.js';

export interface FakeIndex {
  /** A PATH on which a Python comes first whose pip knows these wheels alone. */
  readonly path: string;
  /** The arguments of each download so far. */
  downloads(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A pip that delivers wheels by `name==version`.
 *
 * @param script what it does to deliver, in bash, with `$wheel` and `$dest`
 */
export async function fakeIndex(
  wheels: Readonly<Record<string, Buffer>>,
  script = 'cp "$wheel" "$dest/"',
): Promise<FakeIndex> {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-index-'));
  const [bin, log] = [join(folder, 'bin'), join(folder, 'log')];
  await mkdir(bin);
  await writeFile(log, '');
  for (const [name, content] of Object.entries(wheels)) await writeFile(join(folder, `${name}.whl`), content);
  const python = `#!/bin/bash
if [ "$3" = --version ]; then echo pip 23; exit 0; fi
echo "$*" >> '${log}'
wheel='${folder}'/"\${@: -1}.whl"
while [ "$1" != --dest ]; do shift; done
dest="$2"
if [ ! -f "$wheel" ]; then echo "ERROR: No matching distribution found for $3" >&2; exit 1; fi
${script}
`;
  await writeFile(join(bin, 'python3'), python);
  await chmod(join(bin, 'python3'), 0o755);
  return {
    path: `${bin}:${process.env.PATH}`,
    downloads: async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** The pin of a wheel. */
export const wheelOf = (name: string, version: string, content: Buffer): Wheel => ({
  package: name,
  version,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});
