import { existsSync } from 'node:fs';
import os from 'node:os';
import { DownloadError, findPython, offline, offlineVariable } from '@grasp/download';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import { TensorFlowSetupError } from '../errors.js';
import { type OpenOptions, openedTensorFlow, openTensorFlow } from '../open-tensorflow.js';
import type { TensorFlowInfo } from '../tensorflow.js';
import { type BuildKind, tensorFlowVersion } from './builds.js';
import { type CpuFeatures, cpuFeatures, usableCores } from './cpu.js';
import { buildFolder, defaultCacheDir, findLibrary, libraryVariable } from './library-location.js';
import { buildFor } from './platform.js';
import { setupError } from './setup-error.js';

export interface Finding {
  /** 'advice': it works, and this would make it faster or safer. */
  level: 'ok' | 'advice' | 'problem';
  topic: 'library' | 'device' | 'threads' | 'precision' | 'memory';
  message: string;
  /** What to do, where there is something to do. */
  remedy?: string;
}

export interface Diagnosis {
  /** TensorFlow runs here, or can be fetched when it is first needed. */
  usable: boolean;
  /** Of the library, if it is here and starts. */
  info?: TensorFlowInfo;
  findings: readonly Finding[];
}

/** Examines this machine: what is there, what fails and why, what would be faster. Nothing is fetched. */
export async function diagnose(options: OpenOptions = {}): Promise<Diagnosis> {
  const machine: Machine = {
    cores: usableCores(),
    cpu: cpuFeatures(),
    hasNvidiaGpu: existsSync('/proc/driver/nvidia/version'),
    availableBytes: availableMemory(),
  };
  try {
    const info = await examineLibrary(options);
    if (!info) await requireMeansToFetch();
    const library = info ? describeLibrary(info) : [notFetched(options.build ?? 'cpu')];
    return {
      usable: true,
      ...(info ? { info } : {}),
      findings: [...library, ...describeMachine(machine, info)],
    };
  } catch (error) {
    if (!(error instanceof TensorFlowSetupError)) throw error;
    const { reason, remedy } = error;
    const failure: Finding = { level: 'problem', topic: 'library', message: reason, remedy };
    return { usable: false, findings: [failure, ...describeMachine(machine, undefined)] };
  }
}

/** Starts the library, if it is here, and leaves tfjs's backend as it was. */
async function examineLibrary(options: OpenOptions): Promise<TensorFlowInfo | undefined> {
  const opened = openedTensorFlow();
  if (opened) return opened.info;
  if (!(options.library ?? process.env[libraryVariable])) {
    const build = buildFor(options.build ?? 'cpu');
    const folder = buildFolder(options.cacheDir ?? defaultCacheDir(), build);
    if (!findLibrary(folder, [build.files])) return undefined;
  }
  const backend = getBackend() as string | undefined;
  const tensorFlow = await openTensorFlow({ ...options, offline: true });
  tensorFlow.dispose();
  if (backend) await setBackend(backend);
  return tensorFlow.info;
}

/** What fetching would fail on. Whether an index can be reached is only seen by trying. */
async function requireMeansToFetch(): Promise<void> {
  const variable = offlineVariable();
  try {
    if (variable !== undefined) throw offline(`libtensorflow ${tensorFlowVersion}`, variable);
    await findPython();
  } catch (error) {
    throw error instanceof DownloadError ? setupError(error) : error;
  }
}

function notFetched(kind: BuildKind): Finding {
  const megabytes = Math.round(buildFor(kind).wheelBytes / 1e6);
  return {
    level: 'ok',
    topic: 'library',
    message: `TensorFlow ${tensorFlowVersion} (${kind}) is not here yet; ${megabytes} MB are fetched on first use.`,
  };
}

function describeLibrary({ version, build, library, devices }: TensorFlowInfo): Finding[] {
  const gpus = devices.filter((device) => device.type === 'GPU');
  const names = gpus.map(({ name, memoryBytes }) => `${name.split('/').at(-1)}, ${gibibytes(memoryBytes)}`);
  return [
    { level: 'ok', topic: 'library', message: `TensorFlow ${version} (${build}) from ${library}.` },
    {
      level: 'ok',
      topic: 'device',
      message: gpus.length > 0 ? `Runs on ${names.join('; ')}.` : 'Runs on the CPU.',
    },
  ];
}

export interface Machine {
  cores: number;
  cpu: CpuFeatures;
  hasNvidiaGpu: boolean;
  availableBytes: number;
}

/** What the machine has, against what TensorFlow makes of it. */
export function describeMachine(machine: Machine, info: TensorFlowInfo | undefined): Finding[] {
  const { cores, cpu } = machine;
  const usesGpu = info?.devices.some((device) => device.type === 'GPU') ?? false;
  const findings: Finding[] = [];
  if (machine.hasNvidiaGpu && !usesGpu) {
    findings.push({
      level: 'advice',
      topic: 'device',
      message: 'An NVIDIA GPU is here and is not used.',
      remedy:
        `Install TensorFlow with CUDA (pip install 'tensorflow[and-cuda]==${tensorFlowVersion}') and set ` +
        `${libraryVariable} to its 'tensorflow' folder.`,
    });
  }
  const threads = info?.threads.intra ?? cores;
  findings.push(
    threads < cores
      ? {
          level: 'advice',
          topic: 'threads',
          message: `Operations use ${threads} of ${cores} cores.`,
          remedy: 'Ask for more threads.',
        }
      : { level: 'ok', topic: 'threads', message: `Operations use ${threads} threads (${cpu.model}).` },
  );
  if (!usesGpu) {
    findings.push(
      cpu.bfloat16
        ? {
            level: 'ok',
            topic: 'precision',
            message: 'The processor multiplies bfloat16 itself: twice as fast as float32.',
          }
        : {
            level: 'advice',
            topic: 'precision',
            message: 'The processor does not multiply bfloat16: it saves memory here, but no time.',
            remedy: 'One with AVX-512 BF16, AMX or Arm BF16 runs bfloat16 about twice as fast as float32.',
          },
    );
  }
  findings.push({
    level: 'ok',
    topic: 'memory',
    message: `${gibibytes(machine.availableBytes)} of memory are free.`,
  });
  return findings;
}

/** Memory this process may still take: the machine's, or its container's. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  const free = process.availableMemory?.() ?? os.freemem();
  return limit > 0 && limit < os.totalmem() ? Math.min(free, limit - process.memoryUsage.rss()) : free;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
