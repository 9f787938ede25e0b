import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Does what a guide says in an empty folder: its commands in order, and each code block whose first line is a comment with
 * a name as a file of that name. `npm install` takes the tarballs of this repository's packages.
 *
 * @param install installs packages by name into a folder
 * @param replaced what the guide names and this machine has otherwise: `[text, replacement]`
 * @param skipped commands that begin so are not run
 */
export function followGuide(guide, folder, { install, replaced = [], skipped = [] }) {
  mkdirSync(folder, { recursive: true });
  for (const [, language, body] of readFileSync(guide, 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    if (language !== 'sh') {
      const [, name] = /^\/\/ (\S+\.\w+)\n/.exec(body) ?? [];
      if (name !== undefined) writeFileSync(join(folder, name), body);
      continue;
    }
    const text = replaced.reduce((all, [from, to]) => all.replaceAll(from, to), body);
    for (const command of text.replaceAll('\\\n', ' ').trim().split('\n')) {
      if (skipped.some((start) => command.startsWith(start))) continue;
      const [, names] = /^npm install (@.*)$/.exec(command) ?? [];
      if (names !== undefined) install(folder, names.split(' '));
      else execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    }
  }
}
