import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const { GRASP_OFFICIAL: clone, GRASP_OFFICIAL_PYTHON: python } = process.env;

describe('grasp-bench speed', () => {
  let folder: string;
  beforeAll(async () => {
    await buildCommand();
    folder = await mkdtemp(join(tmpdir(), 'grasp-speed-test-'));
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...flags: string[]) =>
    execa('node', [main, 'speed', join(folder, 'model'), ...flags], { reject: false });

  it("reports a folder that is not a clone of the paper's repository", async () => {
    const { exitCode, stderr } = await run('--official', folder);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `grasp-bench: ${folder} is not a clone of the paper's repository: train.py is missing. Clone it first.`,
    );
  });

  it('times our steps alone', async () => {
    const out = join(folder, 'alone');
    const how = [
      '--alone',
      '--step',
      'gates,perplexity',
      '--dtype',
      'float32',
      '--length',
      '16',
      '--rounds',
      '1',
    ];
    const { exitCode, stderr } = await run(...how, '--window', '32', '--report', out);
    expect(exitCode, stderr).toBe(0);
    const { matches } = JSON.parse(await readFile(join(out, 'speed.json'), 'utf8'));
    expect(matches.map(({ kind }: { kind: string }) => kind)).toEqual(['gates', 'perplexity']);
    for (const match of matches) expect(match.theirs).toBeUndefined();
  });

  it('times them in alternation with those of another commit, which it builds', async () => {
    const out = join(folder, 'older');
    const how = [
      '--baseline',
      'HEAD',
      '--step',
      'gates',
      '--dtype',
      'float32',
      '--length',
      '16',
      '--rounds',
      '2',
    ];
    const { exitCode, stderr, stdout } = await run(...how, '--report', out);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/Ratios of the time, by round:\ngate step, float32: [\d.]+ [\d.]+/);
    const { matches } = JSON.parse(await readFile(join(out, 'speed.json'), 'utf8'));
    expect(matches[0]).toMatchObject({ rival: 'baseline', commit: expect.stringMatching(/^[0-9a-f]+$/) });
    expect(matches[0].rounds).toHaveLength(2);
  });

  it('times them in alternation with layers on a worker, which compute the same', async () => {
    const port = await freePort();
    const serve = `import { serveTensorFlow } from '@grasp/tensorflow';
      await serveTensorFlow({ port: ${port} });
      console.log('ready');
      setInterval(() => {}, 1e6);`;
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const worker = execa('node', ['--input-type=module', '--eval', serve], { cwd, reject: false });
    try {
      await new Promise((resolve) => worker.stdout.once('data', resolve));
      const out = join(folder, 'workers');
      const how = [
        '--workers',
        `localhost:${port}`,
        '--step',
        'gates',
        '--dtype',
        'float32',
        '--length',
        '16',
      ];
      const { exitCode, stderr, stdout } = await run(...how, '--rounds', '2', '--report', out);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain('on workers s');
      const { matches } = JSON.parse(await readFile(join(out, 'speed.json'), 'utf8'));
      expect(matches[0]).toMatchObject({ rival: 'workers', agreement: { loss: 0 } });
      expect(matches[0].rounds).toHaveLength(2);
    } finally {
      worker.kill('SIGKILL');
      await worker;
    }
  });

  it('refuses a baseline beside PyTorch, and a commit that is not there', async () => {
    expect((await run('--baseline', 'HEAD', '--compile')).stderr).toContain(
      "cannot be used with option '--compile'",
    );
    expect(await run('--baseline', 'nothing')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('has no commit nothing.'),
    });
  });

  /** Needs a clone in GRASP_OFFICIAL, and a Python with torch and transformers in GRASP_OFFICIAL_PYTHON. */
  it.skipIf(!clone || !python)('computes the same as a clone of it, and times both', async () => {
    const how = ['--step', 'gates,scales', '--dtype', 'float32', '--length', '32', '--rounds', '1'];
    const out = join(folder, 'report');
    const { exitCode, stderr } = await run(
      ...how,
      ...['--official', clone!, '--python', python!, '--report', out],
    );
    expect(exitCode, stderr).toBe(0);
    const { matches, missing } = JSON.parse(await readFile(join(out, 'speed.json'), 'utf8'));
    expect(missing).toEqual([]);
    const names = matches.map(({ kind, rival }: { kind: string; rival: string }) => `${kind} ${rival}`);
    expect(names).toEqual(['gates eager', 'gates official', 'scales eager', 'scales official']);
    for (const { agreement, theirs, rounds } of matches) {
      expect(agreement.loss).toBeLessThan(1e-4);
      expect(agreement.angle).toBeLessThan(1e-4);
      expect(theirs.seconds).toBeGreaterThan(0);
      expect(rounds).toHaveLength(1);
    }
  });
});
