import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage, folder } from '../../test/build.js';
import { expectSame, normal, openTimeout } from '../../test/support.js';
import { openTensorFlow, type TensorFlow, WorkerLostError } from '../index.js';

// Worker processes on loopback run the built package; this process uses them from source.

beforeAll(buildPackage, openTimeout);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A worker process that serves; killed at the end of the test. */
async function startWorker(port: number) {
  const script = `
    import { serveTensorFlow } from '${folder}dist/index.js';
    console.log(JSON.stringify(await serveTensorFlow({ port: ${port} })));
    setInterval(() => {}, 1e6);`;
  const worker = execa(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    reject: false,
    killSignal: 'SIGKILL',
  });
  ends.push(async () => {
    worker.kill();
    await worker;
  });
  const said = await new Promise<string>((resolve) => {
    worker.stdout.once('data', (chunk) => resolve(String(chunk)));
    void worker.then(({ stderr }) => resolve(stderr));
  });
  return { worker, said };
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function openWith(...ports: number[]): Promise<{ tensorFlow: TensorFlow; devices: string[] }> {
  const tensorFlow = await openTensorFlow({ workers: ports.map((port) => `127.0.0.1:${port}`) });
  ends.unshift(async () => tensorFlow.dispose());
  const devices = tensorFlow.info.devices.filter(({ worker }) => worker !== undefined);
  expect(devices.map(({ worker }) => worker)).toEqual(ports.map((port) => `127.0.0.1:${port}`));
  return { tensorFlow, devices: devices.map(({ name }) => name) };
}

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });

/** Ports that this process listens on. */
async function ownPorts(): Promise<number[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  const rows = (await readFile('/proc/self/net/tcp6', 'utf8'))
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  return rows
    .filter((row) => row[3] === '0A' && links.includes(`socket:[${row[9]}]`))
    .map((row) => Number.parseInt(row[1]!.split(':')[1]!, 16));
}

/** What `attempt` returns once its message is the one looked for; before that a worker may still be starting. */
async function waitFor(attempt: () => unknown, message: RegExp): Promise<unknown> {
  for (;;) {
    const result = attempt();
    if (result instanceof Error && message.test(result.message)) return result;
    await setTimeout(50);
  }
}

describe.skipIf(process.platform !== 'linux')('workers', () => {
  it('run what this process runs, to the last bit, and free what it frees', async () => {
    const ports = [await freePort(), await freePort()];
    await Promise.all(ports.map(startWorker));
    const { tensorFlow, devices } = await openWith(...ports);
    const weights = normal([96, 96]);
    const layer = tensorFlow.record('layer', (x) => {
      const hidden = tf.matMul(x, tf.gather(weights, tf.range(0, 96, 1, 'int32')));
      return [tf.softmax(tf.mul(hidden, tf.sigmoid(hidden)))];
    });
    const x = normal([32, 96], 2);
    const twice = () => [layer(x)[0]!].map((y) => layer(y)[0]!)[0]!;
    const here = twice();
    const { tensors } = tensorFlow.memory();
    // From worker to worker, and back.
    for (const [first, second] of [devices, [...devices].reverse()] as [string, string][]) {
      tf.tidy(() => {
        const y = tensorFlow.onDevice(first, () => layer(x)[0]!);
        expectSame(
          tensorFlow.onDevice(second, () => layer(y)[0]!),
          here,
        );
        const half = tensorFlow.onDevice(first, () => tensorFlow.toBfloat16(weights));
        expectSame(tensorFlow.fromBfloat16(half), tensorFlow.fromBfloat16(tensorFlow.toBfloat16(weights)));
      });
    }
    expect(tensorFlow.memory().tensors).toBe(tensors);
    expect(() => tensorFlow.onDevice('/device:CPU:7', () => 0)).toThrow(/no worker has a device/);
  });

  it('that end are named, and so is one that came back without what lay on it', async () => {
    const ports = [await freePort(), await freePort()] as const;
    const [, { worker }] = await Promise.all([startWorker(ports[0]), startWorker(ports[1])]);
    const { tensorFlow, devices } = await openWith(...ports);
    const x = normal([8, 8]);
    const here = tf.square(x); // and x is uploaded, to this process
    const on = (device: number) => tensorFlow.onDevice(devices[device]!, () => tf.square(x));
    const lying = on(1);
    worker.kill();
    await worker;
    const lost = { code: 'GRASP_TF_WORKER', address: `127.0.0.1:${ports[1]}` };
    const caught = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    expect(caught(() => on(1))).toMatchObject(lost);
    expect(caught(() => lying.dataSync())).toMatchObject(lost);
    expect(caught(() => tensorFlow.onDevice(devices[0]!, () => tf.square(lying)))).toMatchObject(lost);
    expectSame(on(0), here);
    await startWorker(ports[1]);
    const back = await waitFor(() => caught(() => on(1)), /context_id/);
    expect(back).toBeInstanceOf(WorkerLostError);
    expect(back).toMatchObject(lost);
  });

  it('listen on loopback alone, as does who uses them', async () => {
    const port = await freePort();
    const { said } = await startWorker(port);
    expect(JSON.parse(said)).toMatchObject({ version: '2.21.0', port, devices: [{ type: 'CPU' }] });
    await openWith(port);
    expect(await accepts('127.0.0.1', port)).toBe(true);
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    const own = await ownPorts();
    expect(own).not.toEqual([]);
    for (const { address } of outside)
      for (const each of [port, ...own]) expect(await accepts(address, each)).toBe(false);
  });

  it('are told from what is no worker: a port in use, an address that is none, nobody there', async () => {
    const taken = createServer().listen(0);
    await new Promise((resolve) => taken.once('listening', resolve));
    ends.push(async () => void taken.close());
    const { port } = taken.address() as { port: number };
    expect((await startWorker(port)).said).toContain(`Cannot listen on port ${port}`);
    const silent = await freePort();
    for (const [workers, message] of [
      [['localhost'], /is not the address of a worker/],
      [['localhost:1', 'localhost:1'], /listed twice/],
      [[`127.0.0.1:${silent}`], new RegExp(`No worker answers at 127.0.0.1:${silent}`)],
    ] as const) {
      const opening = openTensorFlow({ workers });
      await expect(opening).rejects.toMatchObject({ code: 'GRASP_TF_SETUP', problem: 'worker' });
      await expect(opening).rejects.toThrow(message);
    }
  });
});
