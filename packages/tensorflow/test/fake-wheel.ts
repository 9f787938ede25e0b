import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { zip } from '../../download/test/zip.js';
import type { LibraryBuild } from '../src/library/builds.js';

export const goodWheel = zip({
  'tensorflow/__init__.py': 'never extracted',
  'tensorflow/libtensorflow_framework.so.2': 'the framework',
  'tensorflow/libtensorflow_cc.so.2': 'the rest',
});

export function buildOf(wheel: Buffer): LibraryBuild {
  return {
    kind: 'cpu',
    platform: 'linux-x64',
    package: 'tensorflow-cpu',
    tag: 'manylinux_2_27_x86_64',
    wheelBytes: wheel.length,
    libraryBytes: 100,
    sha256: createHash('sha256').update(wheel).digest('hex'),
    files: { framework: 'libtensorflow_framework.so.2', cc: 'libtensorflow_cc.so.2' },
  };
}

export interface FakePip {
  /** A PATH on which this Python comes first. */
  path: string;
  /** The arguments of each download so far. */
  downloads(): Promise<string[]>;
}

/** A Python whose pip delivers `wheel`, or runs `script` (bash, with `$dest`) in place of delivering. */
export async function fakePip(wheel: Buffer, script = 'cp "$wheel" "$dest/"'): Promise<FakePip> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'fake-pip-'));
  const bin = path.join(folder, 'bin');
  const log = path.join(folder, 'log');
  await mkdir(bin);
  await writeFile(log, '');
  await writeFile(path.join(folder, 'fake.whl'), wheel);
  const python = `#!/bin/bash
if [ "$3" = --version ]; then echo pip 23; exit 0; fi
echo "$*" >> '${log}'
while [ "$1" != --dest ]; do shift; done
dest="$2" wheel='${folder}/fake.whl'
${script}
`;
  await writeFile(path.join(bin, 'python3'), python);
  await chmod(path.join(bin, 'python3'), 0o755);
  return {
    path: `${bin}:${process.env.PATH}`,
    downloads: async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean),
  };
}
