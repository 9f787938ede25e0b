import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

export interface CpuFeatures {
  model: string;
  /** TensorFlow's x64 builds need AVX and abort without it. True on other architectures. */
  avx: boolean;
  /** The CPU has bfloat16 products (AVX-512 BF16, AMX, Arm BF16). If not, TensorFlow uses float32. */
  bfloat16: boolean;
}

export function cpuFeatures(): CpuFeatures {
  const model = os.cpus()[0]?.model.trim() ?? 'unknown';
  const flags = cpuFlags();
  return {
    model,
    avx: process.arch !== 'x64' || flags === undefined || flags.has('avx'),
    bfloat16: ['avx512_bf16', 'amx_bf16', 'bf16', 'FEAT_BF16'].some((flag) => flags?.has(flag)),
  };
}

/** CPU flags, as the kernel names them. Undefined if they are not known. */
function cpuFlags(): Set<string> | undefined {
  try {
    if (process.platform === 'darwin') {
      const bf16 = execFileSync('sysctl', ['-n', 'hw.optional.arm.FEAT_BF16'], { encoding: 'utf8' });
      return new Set(bf16.trim() === '1' ? ['FEAT_BF16'] : []);
    }
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    return line ? new Set(line[1]!.split(' ')) : undefined;
  } catch {
    return undefined;
  }
}

/** Number of cores that this process may use, by its affinity and the container's CPU quota. */
export function usableCores(): number {
  return Math.max(1, Math.min(os.availableParallelism(), Math.ceil(cpuQuota() ?? Number.POSITIVE_INFINITY)));
}

/** CPU limit of the control group (v2, then v1), if there is one. */
function cpuQuota(): number | undefined {
  const read = (file: string) => {
    try {
      return readFileSync(`/sys/fs/cgroup/${file}`, 'utf8').trim();
    } catch {
      return '';
    }
  };
  const [quota, period] = read('cpu.max').split(' ').concat('');
  const limit = Number(quota) / Number(period);
  if (limit > 0) return limit;
  const v1 = Number(read('cpu/cpu.cfs_quota_us')) / Number(read('cpu/cpu.cfs_period_us'));
  return v1 > 0 ? v1 : undefined;
}
