import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Paths of the sources of published packages and apps, tests not counted. */
function sourcesIn(group: string): string[] {
  return readdirSync(join(root, group)).flatMap((name) =>
    readdirSync(join(root, group, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /(?<!\.test|\.slow)\.ts$/.test(path))
      .map((path) => `${group}/${name}/src/${path}`)
      .filter((path) => !path.startsWith('packages/testing/')),
  );
}

/** Sources that call JSON.parse themselves, with the reason why nesting cannot hurt there. */
const ALLOWED: Readonly<Record<string, string>> = {
  'packages/files/src/parse-json.ts': 'checks the nesting first',
  'packages/checkpoint/src/bytes/json-text.ts': 'is called after checkNesting',
  'packages/report/src/live/live-run.ts': 'what the same page contains',
  'packages/lm-eval/src/harness.ts': 'the answer of our own program',
  'packages/prune/src/run/version.ts': 'package.json of this package',
  'apps/cli/src/shared/version.ts': 'package.json of this package',
  'apps/cli/src/commands/sweep/curve-file.ts': 'what it has just written',
  'apps/benchmark/src/commands/reproduce/report/paper.ts': 'a file of this package',
  'apps/benchmark/src/shared/timing/step-process.ts': 'the answer of our own program',
  'apps/benchmark/src/shared/timing/gate-step.ts': 'the question of our own program',
  'apps/benchmark/src/commands/serve/llama-server/llama-server-process.ts':
    'an argument from our own program',
  'apps/benchmark/src/shared/own/own-process.ts': 'an argument from our own program',
  'apps/benchmark/src/shared/own/prune-apart.ts': 'the answer of our own program',
};

it('JSON from outside is parsed by parseJson alone', () => {
  const sources = sourcesIn('packages').concat(sourcesIn('apps'));
  expect(sources.length).toBeGreaterThan(300);
  const found = sources.filter((path) => /^(?!\s*(?:\*|\/\/)).*\bJSON\.parse\(/m.test(text(path)));
  expect(found.sort()).toEqual(Object.keys(ALLOWED).sort());
});
