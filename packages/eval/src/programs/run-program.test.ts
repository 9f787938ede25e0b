import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProgramRunner, programRunner } from './run-program.js';

const { failed: noPython } = await execa('python3', ['--version'], { reject: false });

describe.skipIf(noPython)('a program that a model wrote', () => {
  let runner: ProgramRunner;
  let outside: string;
  beforeAll(async () => {
    runner = await programRunner({ seconds: 4, memoryBytes: 2 ** 28 });
    outside = await mkdtemp(join(tmpdir(), 'grasp-outside-'));
    await writeFile(join(outside, 'kept.txt'), 'mine');
  });
  afterAll(() => rm(outside, { recursive: true }));

  it.each([
    [
      'imports and asserts',
      'from typing import List\nimport math, re, collections, heapq\nassert math.sqrt(4) == 2',
    ],
    ['prints much', 'print("x" * 10_000_000)'],
    ['defines a class and checks it', 'class A:\n  def f(self): return 1\nassert A().f() == 1'],
  ])('passes when it %s', async (_, program) => {
    expect(await runner.run(program)).toEqual({ passed: true, outcome: 'passed' });
  });

  it.each([
    ['asserts what is false', 'assert 1 == 2', /AssertionError/],
    ['is no Python', 'def f(:', /SyntaxError/],
    ['leaves', 'import sys; sys.exit(0)', /SystemExit/],
    ['leaves without a word', 'import os; os._exit(0)', /exit code 0/],
    [
      'says itself that it passed, and leaves',
      'import os\nfor fd in range(9):\n  try: os.write(fd, b"passed\\n")\n  except OSError: pass\nos._exit(1)',
      /failed/,
    ],
    ['recurs without end', 'def f(): return f()\nf()', /RecursionError/],
    ['needs more memory than it may have', 'x = b"x" * 2**29', /MemoryError/],
    ['grows without end', 'x = []\nwhile True: x.append("x" * 10**6 + str(len(x)))', /MemoryError|timed out/],
    ['reads its input', 'input()', /EOFError/],
    [
      'has an error that cannot be shown',
      'class E(Exception):\n  def __str__(self): raise ValueError\nraise E',
      /: E:/,
    ],
  ])('fails when it %s', async (_, program, outcome) => {
    const result = await runner.run(program);
    expect(result.passed).toBe(false);
    expect(result.outcome).toMatch(outcome);
  });

  it('is ended after its time, whether it waits or computes', async () => {
    const quick = await programRunner({ seconds: 1 });
    const programs = [
      'while True: pass',
      'import time; time.sleep(60)',
      'try:\n  while True: pass\nfinally:\n  while True: pass',
    ];
    const results = await Promise.all(programs.map((program) => quick.run(program)));
    expect(results).toEqual(programs.map(() => ({ passed: false, outcome: 'timed out' })));
  });

  it.each([
    ['os.fork()'],
    ['os.system("sleep 7777 &")'],
    ['os.execv("/bin/sleep", ["sleep", "7777"])'],
    ['__import__("subprocess").Popen(["sleep", "7777"])'],
    ['__import__("multiprocessing").Process(target=print).start()'],
    ['__import__("_posixsubprocess")'],
    ['__import__("ctypes")'],
    ['os.kill(1, 9)'],
  ])('starts and ends no process: %s', async (code) => {
    expect((await runner.run(`import os\n${code}`)).outcome).toMatch(
      /^failed: (PermissionError|ImportError)/,
    );
    const { stdout } = await execa('ps', ['-eo', 'args']);
    expect(stdout).not.toContain('sleep 7777');
  });

  it.each([
    ['open(path + "/new.txt", "w")'],
    ['open(path + "/kept.txt", "w")'],
    ['open(path + "/kept.txt", "a").write("x")'],
    ['os.open(path + "/kept.txt", os.O_RDWR | os.O_TRUNC)'],
    ['os.remove(path + "/kept.txt")'],
    ['os.rename(path + "/kept.txt", path + "/new.txt")'],
    ['os.symlink(path, path + "/new")'],
    ['os.chmod(path, 0)'],
    ['__import__("shutil").rmtree(path)'],
    ['__import__("pathlib").Path(path + "/new.txt").write_text("x")'],
    ['__import__("dbm").open(path + "/new", "c")'],
    ['__import__("sqlite3").connect(path + "/new.db").execute("create table t (x)")'],
  ])('changes nothing outside: %s', async (code) => {
    expect((await runner.run(`import os\npath = ${JSON.stringify(outside)}\n${code}`)).passed).toBe(false);
    expect(await readdir(outside)).toEqual(['kept.txt']);
    expect(await readFile(join(outside, 'kept.txt'), 'utf8')).toBe('mine');
  });

  it('writes no data to files even where Python is got around', async () => {
    // The kernel's limit alone: without the hook.
    const script =
      'import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); open("f", "w").write("x" * 9999)';
    const { failed } = await execa('python3', ['-c', script], { cwd: outside, reject: false });
    expect(failed).toBe(true);
    expect(await readFile(join(outside, 'f'), 'utf8')).toBe('');
    await rm(join(outside, 'f'));
  });

  it('reaches no network', async () => {
    let reached = false;
    const server = createServer(() => {
      reached = true;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    for (const socket of ['socket', '_socket']) {
      const program = `import ${socket} as s\nc = s.socket()\nc.connect(("127.0.0.1", ${port}))`;
      expect((await runner.run(program)).outcome).toMatch(/PermissionError/);
    }
    server.close();
    expect(reached).toBe(false);
  });

  it('sees no variable of this process, and an empty folder', async () => {
    const program =
      'import os\nassert set(os.environ) <= {"PATH", "LC_CTYPE", "PWD"}, dict(os.environ)\nassert os.listdir() == []';
    expect(await runner.run(program)).toEqual({ passed: true, outcome: 'passed' });
  });

  it('ends when it is no longer wanted', async () => {
    const stop = new AbortController();
    const running = runner.run('while True: pass', stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 200);
    await expect(running).rejects.toThrow('enough');
  });
});

describe.skipIf(noPython)('the system around a program', () => {
  it('has no network, if it allows namespaces', async (context) => {
    const { isolation } = await programRunner();
    if (!isolation.network) return context.skip();
    const script = 'import socket; socket.create_connection(("127.0.0.1", 1))';
    const [command, ...args] = isolation.prefix;
    const { stderr } = await execa(command!, [...args, 'python3', '-c', script], { reject: false });
    expect(stderr).toContain('Network is unreachable');
  });

  it('needs an interpreter', async () => {
    await expect(programRunner({}, '/no/such/python')).rejects.toMatchObject({ code: 'GRASP_EVAL_RUNNER' });
  });
});
