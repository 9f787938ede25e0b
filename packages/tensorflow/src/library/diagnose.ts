import { existsSync } from 'node:fs';
import os from 'node:os';
import { cacheFolder, DownloadError, findPython, offline, offlineVariable } from '@grasp/download';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import { TensorFlowSetupError } from '../errors.js';
import { type OpenOptions, openedTensorFlow, openTensorFlow } from '../open-tensorflow.js';
import type { TensorFlowInfo } from '../tensorflow.js';
import { type BuildKind, tensorFlowVersion } from './builds.js';
import { type CpuFeatures, cpuFeatures, usableCores } from './cpu.js';
import { buildFolder, findLibrary, libraryVariable } from './library-location.js';
import { buildFor } from './platform.js';
import { setupError } from './setup-error.js';

export interface Finding {
  /** 'advice': TensorFlow works, and `remedy` would make it faster. */
  level: 'ok' | 'advice' | 'problem';
  topic: 'library' | 'device' | 'threads' | 'precision' | 'memory';
  message: string;
  /** What to do. Absent for level 'ok'. */
  remedy?: string;
}

export interface Diagnosis {
  /** TensorFlow runs on this machine, or can be fetched. */
  usable: boolean;
  /** Present if the library is on this machine. */
  info?: TensorFlowInfo;
  findings: readonly Finding[];
}

/** Examines whether TensorFlow runs on this machine and what would make it faster. Nothing is fetched. */
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

/** Opens the library and closes it again, if it is on this machine. The tfjs backend stays the same. */
async function examineLibrary(options: OpenOptions): Promise<TensorFlowInfo | undefined> {
  const opened = openedTensorFlow();
  if (opened) return opened.info;
  if (!(options.library ?? process.env[libraryVariable])) {
    const build = buildFor(options.build ?? 'cpu');
    const folder = buildFolder(options.cacheDir ?? cacheFolder(), build);
    if (!findLibrary(folder, [build.files])) return undefined;
  }
  const backend = getBackend() as string | undefined;
  const tensorFlow = await openTensorFlow({ ...options, offline: true });
  tensorFlow.dispose();
  if (backend) await setBackend(backend);
  return tensorFlow.info;
}

/** Checks what fetching needs, except for the network. */
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
    message: `TensorFlow ${tensorFlowVersion} (${kind}) is not on this machine yet. ${megabytes} MB are fetched on first use.`,
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

/** Compares the machine with what TensorFlow uses of it. */
export function describeMachine(machine: Machine, info: TensorFlowInfo | undefined): Finding[] {
  const { cores, cpu } = machine;
  const usesGpu = info?.devices.some((device) => device.type === 'GPU') ?? false;
  const findings: Finding[] = [];
  if (machine.hasNvidiaGpu && !usesGpu) {
    findings.push({
      level: 'advice',
      topic: 'device',
      message: 'This machine has an NVIDIA GPU, but TensorFlow does not use it.',
      remedy:
        `Install TensorFlow with CUDA (pip install 'tensorflow[and-cuda]==${tensorFlowVersion}') and set ` +
        `${libraryVariable} to the 'tensorflow' folder of the package.`,
    });
  }
  const threads = info?.threads.intra ?? cores;
  findings.push(
    threads < cores
      ? {
          level: 'advice',
          topic: 'threads',
          message: `Operations use ${threads} of ${cores} cores.`,
          remedy: 'Set threads.intra to the number of cores.',
        }
      : {
          level: 'ok',
          topic: 'threads',
          message: `Operations use ${threads} ${threads === 1 ? 'thread' : 'threads'} (${cpu.model}).`,
        },
  );
  if (!usesGpu) {
    findings.push(
      cpu.bfloat16
        ? {
            level: 'ok',
            topic: 'precision',
            message: 'The processor has bfloat16 products, about twice as fast as float32.',
          }
        : {
            level: 'advice',
            topic: 'precision',
            message: 'The processor has no bfloat16 products. bfloat16 saves memory, but no time.',
            remedy:
              'Use a processor with AVX-512 BF16, AMX or Arm BF16 to run bfloat16 about twice as fast as float32.',
          },
    );
  }
  findings.push({
    level: 'ok',
    topic: 'memory',
    message: `${gibibytes(machine.availableBytes)} of memory are available.`,
  });
  return findings;
}

/** Memory available to this process in bytes, by the machine and its container. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  const free = process.availableMemory?.() ?? os.freemem();
  return limit > 0 && limit < os.totalmem() ? Math.min(free, limit - process.memoryUsage.rss()) : free;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
