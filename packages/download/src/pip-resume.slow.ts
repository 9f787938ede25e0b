import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { serve } from '../test/file-server.js';
import { fetchWheel } from './fetch-wheel.js';

// A real pip that can go on with a broken transfer, against an index on this machine that breaks it.

const name = 'grasp_big-1.0-py3-none-any.whl';
/** Packs files as a wheel, which pip reads the metadata of. */
const pack = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('big.bin', open(sys.argv[2], 'rb').read())
    wheel.writestr('grasp_big-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: grasp-big\\nVersion: 1.0\\n')
    wheel.writestr('grasp_big-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('grasp_big-1.0.dist-info/RECORD', '')
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-pip-'));
  const target = join(folder, 'python');
  await execa('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, 'pip==25.3']);
  vi.stubEnv('PYTHONPATH', target);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it('has pip go on with a wheel where the connection broke', async () => {
  await writeFile(join(folder, 'big.bin'), randomBytes(4_000_000));
  await execa('python3', ['-c', pack, join(folder, name), join(folder, 'big.bin')]);
  const content = await readFile(join(folder, name));
  const asked: (string | undefined)[] = [];
  await using server = await serve(({ url = '', headers }, response) => {
    if (!url.endsWith('.whl')) {
      response.setHeader('content-type', 'text/html');
      return void response.end(`<a href="/${name}">${name}</a>`);
    }
    const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    asked.push(headers.range);
    response.writeHead(start > 0 ? 206 : 200, {
      etag: '"1"',
      'accept-ranges': 'bytes',
      'content-length': content.length - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    if (asked.length > 1) return void response.end(content.subarray(start));
    response.write(content.subarray(0, 1_500_000), () => setTimeout(() => response.destroy(), 200));
  });
  const settings = { CONFIG_FILE: '/dev/null', INDEX_URL: `${server.url}/simple`, TRUSTED_HOST: '127.0.0.1' };
  for (const [key, value] of Object.entries(settings)) vi.stubEnv(`PIP_${key}`, value);
  for (const key of ['EXTRA_INDEX_URL', 'FIND_LINKS', 'NO_INDEX', 'CONSTRAINT'])
    vi.stubEnv(`PIP_${key}`, undefined);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const wheel = { package: 'grasp-big', version: '1.0', bytes: content.length, sha256 };
  expect(content.equals(await readFile(await fetchWheel(wheel, join(folder, 'wheels'))))).toBe(true);
  expect(asked[0]).toBeUndefined();
  expect(asked[1]).toMatch(/^bytes=\d{6,}-$/);
});
