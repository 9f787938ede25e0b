#!/usr/bin/env node
// Each package and app as its users get it: packed, and installed from its tarball into an empty project of its own.
// Twice: with pnpm, isolated, so that an undeclared dependency is missing, where its examples are type-checked and run;
// and with `npm install` as READMEs say it, install scripts included, where they run again.
//
//   npm run check:tarballs              all
//   npm run check:tarballs -- files     those whose name contains "files"
//
// Needs a build. Projects stand in a temporary folder, which is removed.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { followGuide } from './follow-guide.mjs';
import { packAll, pnpm, published, readJson } from './pack.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/**
 * Dependencies whose install script npm runs. Each looks for the binary that npm has installed beside it, or (core-js)
 * prints a line. Others must be read first: they run on the machine of every user.
 */
const INSTALL_SCRIPTS = ['core-js', 'koffi', 'node-llama-cpp'];

/** Their README's example needs a server. */
const NOT_RUN = ['@grasp/download', '@grasp/hub'];

/** What the README says to install, in one list; without such a line, the package and what its examples import. */
function toInstall({ name, readme, examples }) {
  const stated = [...readme.matchAll(/^npm install (@.*)$/gm)].flatMap(([, names]) => names.split(' '));
  const imported = examples.flatMap(({ code }) => importsOf(code));
  const missing = stated.length > 0 ? imported.filter((used) => !stated.includes(used)) : [];
  if (missing.length > 0) throw new Error(`README.md does not say to install ${missing}.`);
  return stated.length > 0 ? stated : [...new Set([name, ...imported])];
}

/** What is published, with the examples of its README. */
const packages = published.map(({ path, manifest }) => {
  const examples = join(path, 'examples');
  const sources = existsSync(examples) ? readdirSync(examples).filter((name) => name.endsWith('.ts')) : [];
  const readme = readFileSync(join(path, 'README.md'), 'utf8');
  // Of the others, the JavaScript of the README is one program.
  const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  return {
    name: manifest.name,
    folder: basename(path),
    path,
    manifest,
    readme,
    examples:
      sources.length === 0 && blocks.length > 0
        ? [{ name: 'readme.js', code: blocks.join('\n') }]
        : sources.map((name) => ({ name, code: readFileSync(join(examples, name), 'utf8') })),
  };
});

/** Names of packages that a source file imports. */
function importsOf(code) {
  return ts
    .preProcessFile(code)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) => name.match(/^(@[^/]+\/)?[^/]+/)[0]);
}

/** The version of a dependency as it is installed here. */
const installed = ({ path }, name) => readJson(join(path, 'node_modules', name, 'package.json')).version;

/** An empty project with one package, and whatever else its example imports. */
function createProject(workspace, subject, tarballs) {
  const project = join(workspace, subject.folder);
  const others = new Set(subject.examples.flatMap(({ code }) => importsOf(code)));
  const version = (name) => (tarballs[name] ? `file:${tarballs[name]}` : installed(subject, name));
  mkdirSync(project);
  writeJson(join(project, 'package.json'), {
    name: `uses-${subject.folder}`,
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([subject.name, ...others].map((name) => [name, version(name)])),
    devDependencies: { '@types/node': readJson(join(root, 'package.json')).devDependencies['@types/node'] },
  });
  for (const { name, code } of subject.examples) writeFileSync(join(project, name), code);
  if (subject.manifest.exports) writeFileSync(join(project, 'use.ts'), use(subject.name));
  return project;
}

const use = (name) =>
  `import * as everything from '${name}';\nif (Object.keys(everything).length === 0) throw new Error('exports nothing');\n`;

/** The package, and all of this repository that it depends on. */
function closure(name, seen = new Set()) {
  const { manifest } = packages.find((candidate) => candidate.name === name);
  seen.add(name);
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (dependency.startsWith('@grasp/') && !seen.has(dependency)) closure(dependency, seen);
  }
  return [...seen];
}

/** Installs a package with npm, install scripts included, as its README says; returns the project. */
function installByNpm(workspace, subject, tarballs) {
  const project = join(workspace, 'npm', subject.folder);
  mkdirSync(project, { recursive: true });
  writeJson(join(project, 'package.json'), { private: true, type: 'module' });
  npmInstall(project, toInstall(subject), tarballs, subject);
  return project;
}

/** Installs packages by name: those of this repository from their tarballs, others in the versions that `subject` has. */
function npmInstall(project, names, tarballs, subject) {
  const own = new Set(names.flatMap((name) => (tarballs[name] ? closure(name) : [])));
  const others = names.filter((name) => !tarballs[name]).map((name) => `${name}@${installed(subject, name)}`);
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-ignore-scripts'];
  const sources = [...[...own].map((name) => tarballs[name]), ...others];
  execFileSync('npm', [...args, ...sources], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
  const { packages: tree } = readJson(join(project, 'node_modules/.package-lock.json'));
  const scripts = Object.keys(tree)
    .filter((path) => tree[path].hasInstallScript)
    .map((path) => path.replace(/.*node_modules\//, ''))
    .filter((name) => !INSTALL_SCRIPTS.includes(name));
  if (scripts.length > 0) throw new Error(`${scripts} have install scripts, which nobody has read.`);
}

/**
 * A guide as a researcher follows it, from an empty folder to the table with the method of the guide, on a small random
 * model and any text instead of the named one.
 */
function compareByGuide(workspace, tarballs) {
  const folder = join(workspace, 'guide');
  const benchmark = packages.find(({ name }) => name === '@grasp/benchmark');
  followGuide(join(root, 'docs/your-own-method.md'), folder, {
    install(project, names) {
      npmInstall(project, names, tarballs, benchmark);
      const shape = ['--like', 'smollm2-135m', '--layers', '2', '--vocabulary', '512', '--out', 'model'];
      execFileSync('npx', ['grasp-bench', 'make-model', ...shape], { cwd: project, stdio: 'ignore' });
      const text = readFileSync(join(benchmark.path, 'data/lincoln.txt'), 'utf8').repeat(3);
      for (const name of ['train.txt', 'test.txt']) writeFileSync(join(project, name), text);
    },
    replaced: [['smollm2-135m-instruct', './model']],
    skipped: ['npx grasp prune'], // of another package
  });
  const { runs, missing } = readJson(join(folder, 'compare/compare.json'));
  const compared = new Set(runs.map(({ method, recovery }) => `${method} ${recovery}`));
  const expected = ['spread', 'random', 'flap', 'fisher'].flatMap((name) => [
    `${name} none`,
    `${name} refit`,
  ]);
  const absent = expected.filter((name) => !compared.has(name));
  if (absent.length + missing.length > 0) throw new Error(`not in the table: ${[...absent, ...missing]}`);
}

/** Runs the examples in a project, and the command of an app. */
function runAll(project, subject) {
  if (subject.manifest.exports) run(project, 'use.ts');
  for (const { name, code } of subject.examples) {
    writeFileSync(join(project, name), code);
    if (!NOT_RUN.includes(subject.name)) run(project, name);
  }
  for (const command of Object.keys(subject.manifest.bin ?? {})) {
    const options = { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] };
    execFileSync(join(project, 'node_modules/.bin', command), ['--help'], options);
  }
}

/** What TypeScript has against the project's files. */
function complaints(project, files) {
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true, // what is of our own is checked in its package
    types: ['node'],
    typeRoots: [join(project, 'node_modules/@types')],
  };
  const program = ts.createProgram(
    files.map((name) => join(project, name)),
    options,
  );
  const host = { getCurrentDirectory: () => project, getCanonicalFileName: (f) => f, getNewLine: () => '\n' };
  return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), host);
}

function run(project, name) {
  const source = readFileSync(join(project, name), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const file = join(project, name.replace(/\.ts$/, '.js'));
  writeFileSync(file, ts.transpileModule(source, { compilerOptions: options }).outputText);
  execFileSync(process.execPath, [file], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
}

const chosen = packages.filter(({ name }) => name.includes(process.argv[2] ?? ''));
if (chosen.length === 0) throw new Error(`No package or app has ${process.argv[2]} in its name.`);
const workspace = mkdtempSync(join(tmpdir(), 'grasp-tarballs-'));
let failed = 0;
try {
  const tarballs = packAll(join(workspace, 'packed'));
  const projects = chosen.map((subject) => ({
    subject,
    project: createProject(workspace, subject, tarballs),
  }));
  // Versions that are not in a registry yet come from the tarballs too, wherever in the tree they are asked for.
  const overrides = Object.fromEntries(
    Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]),
  );
  writeJson(join(workspace, 'package.json'), { private: true, pnpm: { overrides } });
  const folders = chosen.map(({ folder }) => folder).join(', ');
  // Nothing is found that is not declared, but for what `@tensorflow/tfjs` asks for without declaring it.
  writeFileSync(join(workspace, 'pnpm-workspace.yaml'), `packages: [${folders}]\nhoistPattern: [long]\n`);
  pnpm(['install', '--ignore-scripts', '--prefer-offline'], workspace);
  for (const { subject, project } of projects) {
    const files = subject.examples.map(({ name }) => name);
    try {
      const typed = files.filter((name) => name.endsWith('.ts'));
      const wrong = complaints(project, subject.manifest.exports ? ['use.ts', ...typed] : typed);
      if (wrong) throw new Error(wrong);
      runAll(project, subject);
      const npmProject = installByNpm(workspace, subject, tarballs);
      if (subject.manifest.exports) writeFileSync(join(npmProject, 'use.ts'), use(subject.name));
      runAll(npmProject, subject);
      process.stdout.write(`ok     ${subject.name}: ${files.join(', ') || 'loaded'}\n`);
    } catch (error) {
      failed++;
      process.stdout.write(`FAILED ${subject.name}\n${error.message}\n`);
    }
  }
  if (chosen.some(({ name }) => name === '@grasp/benchmark')) {
    compareByGuide(workspace, tarballs);
    process.stdout.write('ok     docs/your-own-method.md\n');
  }
} finally {
  rmSync(workspace, { recursive: true });
}
process.exitCode = failed > 0 ? 1 : 0;
