import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeCheckpoint } from '@grasp/checkpoint';
import { hasTensorFlow, tinyLlama, tinyText } from '@grasp/testing';
import { execa, type Subprocess } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, main } from './build.js';

let folder: string;
const at = (name: string) => join(folder, name);
const running = new Set<Subprocess>();

/** The command as a process that does not outlive the tests. */
function grasp(...argv: string[]) {
  const run = execa('node', [main, ...argv], { reject: false, timeout: 300_000, killSignal: 'SIGKILL' });
  running.add(run);
  void run.finally(() => running.delete(run));
  return run;
}

beforeAll(async () => {
  await buildCommand();
  folder = await mkdtemp(join(tmpdir(), 'grasp-workers-'));
  await writeCheckpoint(tinyLlama(), at('model'));
  await writeFile(at('text.txt'), tinyText);
});
afterAll(async () => {
  for (const run of running) run.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const methods = {
  grasprune: ['--epochs', '2'],
  'grasp+': ['--method', 'grasp+', '--rounds', '6'],
};

function prune(method: keyof typeof methods, out: string, ...more: string[]) {
  const text = ['--calib', at('text.txt'), '--eval', at('text.txt')];
  const size = ['--length', '32', '--window', '64', '--eval-windows', '4', '--blocks', '24'];
  const how = ['--backend', 'tensorflow', '--threads', '1', '--save-every', '3', ...methods[method], ...more];
  return grasp('prune', at('model'), ...text, ...size, ...how, '--out', at(out));
}

/** What a run learned and wrote: its record and report name the engine, which differs. */
const learned = (out: string) =>
  Promise.all(
    ['grasp-mask.json', 'model.safetensors', 'config.json'].map((name) =>
      readFile(join(at(out), name), 'base64'),
    ),
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A worker that serves. */
async function startWorker(port: number) {
  const worker = grasp('worker', '--port', String(port), '--threads', '1');
  const ended = worker.then(({ stderr }) =>
    Promise.reject(new Error(`The worker ended before it served: ${stderr}`)),
  );
  const [said] = await Promise.race([once(worker.stdout, 'data'), ended]);
  ended.catch(() => {}); // a worker that served ends when the test says so
  return { worker, said: String(said) };
}

describe.skipIf(!hasTensorFlow || process.platform !== 'linux')('with workers', () => {
  let ports: [number, number];
  let workers: string[];
  beforeAll(async () => {
    ports = [await freePort(), await freePort()];
    workers = ['--workers', ports.map((port) => `localhost:${port}`).join()];
  });

  it('a worker says what it offers, and ends at SIGTERM', async () => {
    const { worker, said } = await startWorker(ports[0]);
    expect(said).toMatch(
      new RegExp(
        `^Serving at localhost:${ports[0]}, on the loopback interface only: TensorFlow 2.21.0, 1 thread, `,
      ),
    );
    const second = await grasp('worker', '--port', String(ports[0]));
    expect(second).toMatchObject({ exitCode: 6, stderr: expect.stringContaining(`port ${ports[0]}`) });
    worker.kill('SIGTERM');
    expect((await worker).exitCode).toBe(143);
  });

  it('a run without them says which does not answer', async () => {
    const { exitCode, stderr } = await prune('grasprune', 'nobody', ...workers);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/No worker answers at localhost:\d+/);
  });

  it.each(['grasprune', 'grasp+'] as const)(
    '%s learns what one process learns; a worker that dies ends the run, which then goes on',
    async (method) => {
      const whole = await prune(method, `${method}-one`);
      expect(whole.exitCode, whole.stderr).toBe(0);
      const expected = await learned(`${method}-one`);

      const [first, second] = await Promise.all(ports.map(startWorker));
      const spread = await prune(method, `${method}-spread`, ...workers);
      expect(spread.exitCode, spread.stderr).toBe(0);
      expect(await learned(`${method}-spread`)).toEqual(expected);

      const out = `${method}-killed`;
      const run = prune(method, out, ...workers);
      let said = '';
      run.stderr.on('data', (chunk) => {
        said += chunk;
      });
      let ended = false;
      void run.finally(() => {
        ended = true;
      });
      const learning = method === 'grasprune' ? 'learning gates' : 'choosing units';
      while (!ended && !said.includes(learning)) await setTimeout(1);
      second!.worker.kill('SIGKILL');
      await second!.worker;
      const { exitCode, stderr } = await run;
      expect(exitCode, stderr).toBe(6);
      expect(stderr).toContain(`Lost worker localhost:${ports[1]}`);
      expect(stderr).toContain('Run the same command to resume');
      expect(existsSync(at(`${out}.state`))).toBe(true);
      expect(existsSync(at(out))).toBe(false);

      const again = await startWorker(ports[1]);
      const rest = await prune(method, out, ...workers);
      expect(rest.exitCode, rest.stderr).toBe(0);
      expect(rest.stderr).toContain('Resuming after');
      expect(await learned(out)).toEqual(expected);
      for (const { worker } of [first!, again]) worker.kill('SIGKILL');
      await Promise.all([first!.worker, again.worker]);
    },
  );

  it('perplexity is that of one process', async () => {
    await Promise.all(ports.map(startWorker));
    const ppl = (...more: string[]) =>
      grasp(
        'eval',
        'ppl',
        at('model'),
        at('text.txt'),
        '--windows',
        '2',
        '--window',
        '64',
        '--threads',
        '1',
        ...more,
      );
    const one = await ppl('--backend', 'tensorflow');
    const spread = await ppl(...workers);
    expect(one.exitCode, one.stderr).toBe(0);
    expect(spread.stdout).toBe(one.stdout);
  });
});
