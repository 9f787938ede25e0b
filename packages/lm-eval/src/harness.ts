import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { PythonError } from './errors.js';
import { pythonEnvironment } from './python/python-environment.js';
import type { PythonOptions } from './python/python-options.js';

/** The release that `@grasp/eval` reproduces. */
export const HARNESS_VERSION = '0.4.13';

/** Path of the pinned requirements. */
export const HARNESS_REQUIREMENTS = fileURLToPath(new URL('../requirements.txt', import.meta.url));

/** An installation of lm-evaluation-harness. */
export interface Harness {
  readonly python: string;
  /** Folder of the package, which contains `tasks`. */
  readonly folder: string;
  readonly versions: Readonly<Record<string, string>>;
}

const QUESTION = `
import importlib.util as u, importlib.metadata as m, json
names = ['lm_eval', 'transformers', 'torch', 'accelerate', 'safetensors']
missing = [name for name in names if u.find_spec(name) is None]
versions = {} if missing else {name: m.version(name) for name in names}
folder = None if missing else list(u.find_spec('lm_eval').submodule_search_locations)[0]
print(json.dumps({'missing': missing, 'versions': versions, 'folder': folder}))
`;

/**
 * Finds lm-evaluation-harness in a Python environment: that of `options.python`, otherwise that of the interpreter in
 * GRASP_PYTHON, otherwise a new environment with the pinned requirements.
 *
 * @throws PythonError if the environment cannot be created, lacks a package, or has another release of the harness.
 */
export async function openHarness(options: PythonOptions = {}): Promise<Harness> {
  const python = await pythonEnvironment(HARNESS_REQUIREMENTS, {
    ...options,
    python: options.python ?? process.env.GRASP_PYTHON,
  });
  const { failed, code, exitCode, stdout, stderr } = await execa(python, ['-c', QUESTION], { reject: false });
  if (failed) {
    const why =
      stderr || (code === 'ENOENT' ? 'there is no such program' : (code ?? `it exits with ${exitCode}`));
    throw new PythonError(`${python} does not run: ${why}. Give the path of a Python interpreter.`, python);
  }
  const answer = JSON.parse(stdout) as {
    missing: string[];
    versions: Record<string, string>;
    folder: string;
  };
  if (answer.missing.length > 0) {
    throw new PythonError(
      `${python} lacks ${answer.missing.join(', ')}. Install ${HARNESS_REQUIREMENTS} there, or unset GRASP_PYTHON ` +
        'to create an environment.',
      python,
    );
  }
  if (answer.versions.lm_eval !== HARNESS_VERSION) {
    const found = answer.versions.lm_eval;
    throw new PythonError(`${python} has lm_eval ${found}; ${HARNESS_VERSION} is needed.`, python);
  }
  return { python, folder: answer.folder, versions: answer.versions };
}
