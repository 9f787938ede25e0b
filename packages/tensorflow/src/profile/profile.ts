import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { contextConfig } from '../c-api/config-proto.js';
import type { EagerContext } from '../eager/eager-context.js';
import { startServer } from '../workers/serve.js';
import { type KernelTime, kernelTimes } from './kernel-times.js';
import { callProfiler, encodeProfileRequest, encodeTerminateRequest } from './profiler-service.js';

/** TensorFlow does not say when a profile begins. */
const SETTLE_MS = 500;
const LONGEST_MS = 600_000;
const host = 'here';

/** Port of this process's server, once there is one. It cannot be stopped. */
let port: number | undefined;

/**
 * Times every kernel that TensorFlow runs in this process while `work` runs. The C API has no profiler, but TensorFlow's
 * server has one: it is started on a free port of the loopback interface, and stays until the process ends.
 *
 * @throws TensorFlowSetupError ('port') where a socket cannot be restricted to loopback
 * @throws TensorFlowOpError if the profiler fails
 */
export async function profile(context: EagerContext, work: () => Promise<void>): Promise<KernelTime[]> {
  if (port === undefined) {
    const free = await freePort();
    startServer(context.c, { port: free }, contextConfig({ intraOpThreads: 1, interOpThreads: 1, gpus: 0 }));
    port = free;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'grasp-profile-'));
  const session = path.basename(folder);
  try {
    const asked = { session, host, folder, milliseconds: LONGEST_MS };
    const profiled = callProfiler(port, 'Profile', encodeProfileRequest(asked));
    await Promise.race([profiled, wait(SETTLE_MS)]); // an early end is a failure, which is thrown
    try {
      await work();
    } finally {
      await callProfiler(port, 'Terminate', encodeTerminateRequest(session));
      await profiled;
    }
    return kernelTimes(await readFile(path.join(folder, session, `${host}.xplane.pb`)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
