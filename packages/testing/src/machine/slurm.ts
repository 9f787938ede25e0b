import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, hostname, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Folders of programs. Daemons are often outside PATH. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
const programOf = (name: string): string | undefined =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path));

/**
 * Whether Slurm is installed. Without it, tests that need it are skipped, unless `GRASP_REQUIRE_SLURM` is set: then they
 * run and fail.
 */
export const hasSlurm =
  process.env.GRASP_REQUIRE_SLURM === '1' ||
  ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue'].every((name) => programOf(name) !== undefined);

/** A cluster with one node, on the loopback interface of this machine. */
export interface SlurmCluster {
  /** Environment variables with which Slurm's commands find the cluster. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the daemons and all jobs. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster in a temporary folder. Installs nothing, and does not touch other clusters on this machine.
 *
 * @throws Error with the logs of the daemons, if they do not start
 */
export async function startSlurm(): Promise<SlurmCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-slurm-')); // munged requires a folder that only its owner can enter
  const daemons: ChildProcess[] = [];
  const start = (name: string, args: readonly string[], env: Record<string, string> = {}): void => {
    const program = programOf(name);
    if (program === undefined) throw new Error(`${name} is not installed. On Debian: apt install slurm-wlm.`);
    daemons.push(spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' }));
  };
  const at = (name: string) => join(folder, name);
  const env = { SLURM_CONF: at('slurm.conf') };
  const stop = async (): Promise<void> => {
    await run('scancel', [`--user=${userInfo().username}`], { env: { ...process.env, ...env } }).catch(
      () => {},
    );
    for (const daemon of daemons.reverse()) {
      const ended = daemon.exitCode !== null || new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const name of ['state', 'spool']) await mkdir(at(name));
    await writeFile(at('munge.key'), randomBytes(128), { mode: 0o400 });
    await writeFile(env.SLURM_CONF, configuration(folder, await freePort(), await freePort()));
    const munge = {
      socket: 'munge.sock',
      'key-file': 'munge.key',
      'pid-file': 'munge.pid',
      'seed-file': 'munge.seed',
      'log-file': 'munge.log',
    };
    const files = Object.entries(munge).map(([option, name]) => `--${option}=${at(name)}`);
    start('munged', ['--foreground', '--force', ...files]);
    await until(() => existsSync(at('munge.sock')), folder);
    start('slurmctld', ['-D'], env);
    start('slurmd', ['-D', '-N', NODE], env);
    await until(async () => {
      const { stdout } = await run('sinfo', ['--noheader', '--format=%T'], {
        env: { ...process.env, ...env },
      }).catch(() => ({ stdout: '' }));
      return stdout.trim() === 'idle';
    }, folder);
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NODE = 'node';

/** slurm.conf without accounting and control groups, for this user only. */
function configuration(folder: string, controllerPort: number, nodePort: number): string {
  const [host, user] = [hostname(), userInfo().username];
  const settings = {
    ClusterName: 'test',
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmctldPort: controllerPort,
    SlurmUser: user,
    SlurmdUser: user,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${join(folder, 'munge.sock')}`,
    StateSaveLocation: join(folder, 'state'),
    SlurmdSpoolDir: join(folder, 'spool'),
    SlurmctldPidFile: join(folder, 'slurmctld.pid'),
    SlurmdPidFile: join(folder, 'slurmd.pid'),
    SlurmctldLogFile: join(folder, 'slurmctld.log'),
    SlurmdLogFile: join(folder, 'slurmd.log'),
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    MpiDefault: 'none',
    JobAcctGatherType: 'jobacct_gather/none',
    AccountingStorageType: 'accounting_storage/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_CPU',
    SchedulerType: 'sched/builtin',
    SlurmdParameters: 'config_overrides',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const node = `NodeName=${NODE} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodePort} CPUs=${availableParallelism()}`;
  const partition = `PartitionName=main Nodes=${NODE} Default=YES MaxTime=INFINITE State=UP`;
  return `${[...lines, node, partition].join('\n')}\n`;
}

/** A free port of the loopback interface. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Waits until a condition holds. Throws an error with the logs of the daemons after 30 s. */
async function until(holds: () => boolean | Promise<boolean>, folder: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await setTimeout(100);
  }
  const logs = ['munge.log', 'slurmctld.log', 'slurmd.log'].map((name) =>
    readFile(join(folder, name), 'utf8').catch(() => ''),
  );
  throw new Error(`Slurm did not start:\n${(await Promise.all(logs)).join('\n')}`);
}
