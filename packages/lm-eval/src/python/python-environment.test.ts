import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHarness } from '../harness.js';
import { pythonEnvironment } from './python-environment.js';

let folder: string;
let requirements: string;
const cache = () => join(folder, 'cache');

beforeEach(async () => {
  vi.stubEnv('GRASP_PYTHON', '');
  folder = await mkdtemp(join(tmpdir(), 'grasp-python-'));
  requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, 'lm_eval==0.4.13\n');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A stand-in for python3: tells a version, makes a venv with itself as its interpreter, and "installs". */
async function fakePython({ version = '3 11', venv = '', pip = 'echo Collecting lm_eval' } = {}) {
  const path = join(folder, 'python3');
  const makeVenv = venv || `mkdir -p "$3/bin" && cp "$0" "$3/bin/python"`;
  await writeFile(
    path,
    `#!/bin/sh
echo "$@" >> ${join(folder, 'calls')}
case "$1 $2" in
  "-c "*) echo ${version};;
  "-m venv") ${makeVenv};;
  "-m pip") ${pip};;
esac
`,
  );
  await chmod(path, 0o755);
  return path;
}

describe('pythonEnvironment', () => {
  it('makes an environment once, and says what pip does', async () => {
    const said: string[] = [];
    const options = {
      basePython: await fakePython(),
      cache: cache(),
      onProgress: (line: string) => said.push(line),
    };
    const python = await pythonEnvironment(requirements, options);
    expect(await pythonEnvironment(requirements, options)).toBe(python);
    expect(said).toEqual(['making a Python environment', 'Collecting lm_eval']);
    const calls = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
    expect(calls.at(-1)).toContain(`-r ${requirements}`);
    expect(calls.length).toBe(3);
  });

  it('installs nothing where the network is forbidden', async () => {
    vi.stubEnv('GRASP_OFFLINE', '1');
    const options = { basePython: await fakePython(), cache: cache() };
    await expect(pythonEnvironment(requirements, options)).rejects.toThrow('GRASP_OFFLINE is set');
    await expect(readFile(join(folder, 'calls'))).rejects.toThrow('ENOENT');
  });

  it('makes another for other pins', async () => {
    const options = { basePython: await fakePython(), cache: cache() };
    const first = await pythonEnvironment(requirements, options);
    await writeFile(requirements, 'lm_eval==0.4.12\n');
    expect(await pythonEnvironment(requirements, options)).not.toBe(first);
  });

  it.each([
    ['no Python', { version: '' }, '/no/such/python3', 'does not run'],
    ['an old Python', { version: '3 8' }, undefined, '3.10 or later is needed'],
    ['no venv module', { venv: 'echo No module named venv >&2; exit 1' }, undefined, 'python3-venv'],
    [
      'a failing pip',
      { pip: 'echo no matching distribution; exit 1' },
      undefined,
      'no matching distribution',
    ],
  ])('explains %s, and leaves nothing', async (_name, fake, path, message) => {
    const made = await fakePython(fake);
    const run = pythonEnvironment(requirements, { basePython: path ?? made, cache: cache() });
    await expect(run).rejects.toMatchObject({
      code: 'GRASP_PYTHON',
      message: expect.stringContaining(message),
    });
    expect(await readdir(cache())).toEqual([]);
  });
});

describe('openHarness', () => {
  const answering = async (answer: object) => {
    const python = join(folder, 'python');
    await writeFile(python, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
    await chmod(python, 0o755);
    return openHarness({ python });
  };

  it('names what an interpreter lacks', async () => {
    const answer = { missing: ['torch', 'accelerate'], versions: {}, folder: null };
    await expect(answering(answer)).rejects.toThrow('lacks torch, accelerate');
  });

  it('refuses another release of the harness', async () => {
    const answer = { missing: [], versions: { lm_eval: '0.4.2' }, folder: '/lib/lm_eval' };
    await expect(answering(answer)).rejects.toThrow('has lm_eval 0.4.2; 0.4.13 is needed');
  });
});

describe('openHarness', () => {
  it('says of an interpreter that is not there just that', async () => {
    const message =
      '/no/such/python does not run: there is no such program. Give the path of a Python interpreter.';
    await expect(openHarness({ python: '/no/such/python' })).rejects.toThrow(message);
  });
});
