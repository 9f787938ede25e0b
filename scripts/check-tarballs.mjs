#!/usr/bin/env node
// Each package as its users get it: packed, installed from the tarball into an empty project of its own (isolated, so
// that an undeclared dependency is missing there), its example type-checked against the packed declarations, and run.
// Needs a build. Projects stand in a temporary folder, which is removed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** The packages that are published, with the example their README shows. */
const packages = readdirSync(join(root, 'packages')).flatMap((folder) => {
  const path = join(root, 'packages', folder);
  const manifest = readJson(join(path, 'package.json'));
  if (manifest.private) return [];
  const examples = join(path, 'examples');
  const sources = readdirSync(path).includes('examples')
    ? readdirSync(examples).filter((name) => name.endsWith('.ts'))
    : [];
  return [
    {
      name: manifest.name,
      folder,
      path,
      manifest,
      examples: sources.map((name) => ({ name, code: readFileSync(join(examples, name), 'utf8') })),
    },
  ];
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

function pnpm(args, cwd) {
  const { packageManager } = readJson(join(root, 'package.json'));
  execFileSync('npx', ['--yes', packageManager, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** An empty project with one package, and whatever else its example imports. */
function createProject(workspace, subject, tarballs) {
  const project = join(workspace, subject.folder);
  const others = new Set(subject.examples.flatMap(({ code }) => importsOf(code)));
  const version = (name) => tarballs[name] ?? installed(subject, name);
  mkdirSync(project);
  writeJson(join(project, 'package.json'), {
    name: `uses-${subject.folder}`,
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([subject.name, ...others].map((name) => [name, version(name)])),
    devDependencies: { '@types/node': readJson(join(root, 'package.json')).devDependencies['@types/node'] },
  });
  for (const { name, code } of subject.examples) writeFileSync(join(project, name), code);
  const use = `import * as everything from '${subject.name}';\nif (Object.keys(everything).length === 0) throw new Error('exports nothing');\n`;
  writeFileSync(join(project, 'use.ts'), use);
  return project;
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

const workspace = mkdtempSync(join(tmpdir(), 'grasp-tarballs-'));
let failed = 0;
try {
  const packed = join(workspace, 'packed');
  mkdirSync(packed);
  const tarballs = {};
  for (const { name, path } of packages) {
    const before = new Set(readdirSync(packed));
    pnpm(['pack', '--pack-destination', packed], path);
    const tarball = readdirSync(packed).find((file) => !before.has(file));
    tarballs[name] = `file:${join(packed, tarball)}`;
  }
  const projects = packages.map((subject) => ({
    subject,
    project: createProject(workspace, subject, tarballs),
  }));
  // Versions that are not in a registry yet come from the tarballs too, wherever in the tree they are asked for.
  writeJson(join(workspace, 'package.json'), { private: true, pnpm: { overrides: tarballs } });
  // Nothing is found that is not declared, but for what tfjs asks for without declaring it.
  writeFileSync(
    join(workspace, 'pnpm-workspace.yaml'),
    `packages: [${packages.map(({ folder }) => folder).join(', ')}]\nhoistPattern: [long]\n`,
  );
  pnpm(['install', '--ignore-scripts', '--prefer-offline'], workspace);
  for (const { subject, project } of projects) {
    const files = ['use.ts', ...subject.examples.map(({ name }) => name)];
    try {
      const wrong = complaints(project, files);
      if (wrong) throw new Error(wrong);
      for (const file of files) run(project, file);
      process.stdout.write(
        `ok     ${subject.name}: ${files.length - 1 ? files.slice(1).join(', ') : 'imported'}\n`,
      );
    } catch (error) {
      failed++;
      process.stdout.write(`FAILED ${subject.name}\n${error.message}\n`);
    }
  }
} finally {
  rmSync(workspace, { recursive: true });
}
process.exitCode = failed > 0 ? 1 : 0;
